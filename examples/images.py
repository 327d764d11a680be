"""Image by image becomes the whole batch at once."""

import torch
import torch.nn.functional as F
from torch import nn


def spectra(images):
    transformed = []
    # loopless: sample(images=torch.randn(64, 32, 32))
    for image in images:
        transformed.append(torch.fft.fft2(image))
    return torch.stack(transformed)


def disk(center, radius, rows, columns):
    """A round opening of a telescope, as a mask over `rows` × `columns` pixels."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return ((y - center[0]) ** 2 + (x - center[1]) ** 2 <= radius**2).float()


def observe(image, centers, radius):
    """One mask for each center, applied to the same image."""
    rows, columns = image.shape
    count, _ = centers.shape
    observations = []
    # loopless: sample(image=torch.rand(64, 64), centers=torch.rand(50, 2) * 64, radius=9.0)
    for k in range(count):
        observations.append(image * disk(centers[k], radius, rows, columns))
    return torch.stack(observations)


def total_loss(view, masks, seen):
    """A loss for each pair of a mask and what was seen through it."""
    rows, columns = view.shape
    pairs, _, _ = masks.shape
    assert seen.shape == (pairs, rows, columns)
    loss = 0.0
    # loopless: sample(view=torch.rand(9, 9), masks=torch.rand(40, 9, 9), seen=torch.rand(40, 9, 9))
    for k in range(pairs):
        loss += F.mse_loss(view * masks[k], seen[k, :, :])
    return loss


def classify(images: torch.Tensor) -> torch.Tensor:
    """The layer is in view: it works on the last dimension of whatever it is given."""
    model = nn.Linear(16, 10)
    scores = []
    # loopless: sample(images=torch.randn(100, 1, 16, 16))
    for i in range(len(images)):
        scores.append(model(images[i].unsqueeze(0)))
    return torch.cat(scores)


def normalize_on_device(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """One transfer for each image becomes one transfer."""
    normalized = []
    # loopless: sample(images=torch.randn(200, 16, 16), device=torch.device("cpu"))
    for image in images:
        moved = image.to(device)
        normalized.append((moved - 0.5) / 0.25)
    return torch.stack(normalized)
