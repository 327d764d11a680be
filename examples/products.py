"""Sums of products are contractions, and most contractions are a matrix product."""

import torch


def multiply(a, b):
    rows, inner = a.shape
    columns = b.shape[1]
    product = torch.zeros(rows, columns)
    # loopless: sample(a=torch.randn(16, 20), b=torch.randn(20, 12))
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                product[i, j] += a[i, k] * b[k, j]
    return product


def mix_channels(images, weight):
    """A 1×1 convolution: whole planes move, and only the channels are summed over."""
    batch, channels_in, height, width = images.shape
    channels_out = weight.shape[0]
    mixed = torch.zeros(batch, channels_out, height, width)
    # loopless: sample(images=torch.randn(8, 6, 16, 16), weight=torch.randn(10, 6))
    for b in range(batch):
        for o in range(channels_out):
            for i in range(channels_in):
                mixed[b, o] += images[b, i] * weight[o, i]
    return mixed


def positive_similarity(vectors):
    """Every inner product of two rows, and then the positive part of each."""
    count = vectors.shape[0]
    similarity = torch.zeros(count, count)
    # loopless: sample(vectors=torch.randn(40, 16))
    for i in range(count):
        for j in range(count):
            similarity[i, j] = torch.dot(vectors[i], vectors[j])
    return torch.relu(similarity)


def distances(points, centers):
    """All pairs. The difference is kept: subtracting first is what keeps close points exact."""
    result = torch.zeros(len(points), len(centers))
    # loopless: sample(points=torch.randn(60, 3), centers=torch.randn(40, 3))
    for i in range(len(points)):
        for j in range(len(centers)):
            result[i, j] = torch.sqrt(((points[i] - centers[j]) ** 2).sum())
    return result
