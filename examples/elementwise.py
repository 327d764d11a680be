"""One element of the result for each element of the input: a tensor expression, spelled out."""

import torch


def scale_and_shift(signal):
    shifted = torch.zeros_like(signal)
    # loopless: sample(signal=torch.randn(48, 64))
    for row in range(signal.shape[0]):
        for column in range(signal.shape[1]):
            shifted[row, column] = 2 * signal[row, column] + 1
    return shifted


def add_volumes(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    assert left.shape == right.shape
    total = torch.zeros_like(left)
    # loopless: sample(left=torch.randn(8, 16, 16), right=torch.randn(8, 16, 16))
    for i in range(len(left)):
        for j in range(left.size(1)):
            for k in range(left.size(2)):
                total[i][j][k] = left[i][j][k] + right[i][j][k]
    return total


def swish(value):
    return value * torch.sigmoid(value)


def activate(hidden):
    """A function of the file that works on one number works on the whole tensor too."""
    activated = torch.zeros_like(hidden)
    batch, width = hidden.shape
    # loopless: sample(hidden=torch.randn(32, 64))
    for b in range(batch):
        for w in range(width):
            activated[b, w] = swish(hidden[b, w])
    return activated


def cubic(samples):
    """Results collected in a list and made a tensor at the end."""
    values = []
    # loopless: sample(samples=torch.randn(2000))
    for x in samples:
        values.append(x**3 - 2 * x + 5)
    return torch.tensor(values)


def apply_window(images: torch.Tensor, window: torch.Tensor) -> torch.Tensor:
    """One window for every channel of every image: a broadcast."""
    batch, channels, height, width = images.shape
    windowed = torch.zeros(batch, channels, height, width)
    # loopless: sample(images=torch.randn(16, 8, 32, 32), window=torch.rand(32, 32))
    for b in range(batch):
        for c in range(channels):
            windowed[b, c] = images[b, c] * window
    return windowed
