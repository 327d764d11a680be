"""A branch inside the loop is a mask outside of it."""

import torch


def leaky(features):
    out = torch.zeros_like(features)
    # loopless: sample(features=torch.randn(48, 48))
    for i in range(features.shape[0]):
        for j in range(features.shape[1]):
            if features[i, j] > 0:
                out[i, j] = features[i, j]
            else:
                out[i, j] = 0.1 * features[i, j]
    return out


def silence_below(signal, floor):
    """In place, and only where the condition holds."""
    # loopless: sample(signal=torch.randn(3000), floor=0.2)
    for i in range(len(signal)):
        if signal[i] < floor:
            signal[i] = 0
    return signal


def compress(readings, threshold):
    """Two branches by append."""
    compressed = []
    # loopless: sample(readings=torch.randn(2000), threshold=0.5)
    for reading in readings:
        if reading > threshold:
            compressed.append(reading * 0.5)
        else:
            compressed.append(reading * 2)
    return torch.tensor(compressed)


def huber(residuals):
    """Three branches through a temporary."""
    losses = torch.zeros_like(residuals)
    # loopless: sample(residuals=torch.randn(2000))
    for i in range(residuals.shape[0]):
        r = residuals[i]
        if r > 1:
            loss = r - 0.5
        elif r < -1:
            loss = -r - 0.5
        else:
            loss = 0.5 * r * r
        losses[i] = loss
    return losses
