"""A value that every iteration adds to is a sum; kept at every step, it is a running sum."""

import torch


def energy(signal):
    total = 0
    # loopless: sample(signal=torch.randn(4000))
    for value in signal:
        total += value**2
    return total / len(signal)


def light_inside(images, aperture):
    """The sum over the pixels where a mask is true, for each image."""
    count, height, width = images.shape
    light = torch.zeros((count,), dtype=torch.float)
    # loopless: sample(images=torch.rand(6, 24, 24), aperture=torch.rand(24, 24) > 0.5)
    for n in range(count):
        for h in range(height):
            for w in range(width):
                if aperture[h, w]:
                    light[n] += images[n, h, w]
    return light


def running_total(deposits):
    balance = torch.zeros_like(deposits)
    so_far = 0.0
    # loopless: sample(deposits=torch.randn(3000))
    for day in range(len(deposits)):
        so_far = so_far + deposits[day]
        balance[day] = so_far
    return balance


def accumulate(counts):
    """The same, in place."""
    # loopless: sample(counts=torch.randn(3000))
    for i in range(1, len(counts)):
        counts[i] = counts[i] + counts[i - 1]
    return counts
