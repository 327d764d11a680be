"""Loops that stay: one iteration needs what another left behind, or the world sees the order."""

import torch


def logistic_map(start, rate, steps):
    """A true recurrence: no sum, no product, nothing to reorder."""
    values = torch.zeros(steps)
    values[0] = start
    for t in range(1, steps):
        values[t] = rate * values[t - 1] * (1 - values[t - 1])
    return values


def windows(signal, starts, lengths):
    """Results of different lengths have no tensor to be rows of."""
    pieces = []
    for start, length in zip(starts.tolist(), lengths.tolist()):
        pieces.append(signal[start : start + length])
    return pieces


def add_noise(rows):
    """One large draw is not the same numbers as many small ones."""
    for i in range(rows.shape[0]):
        rows[i] += torch.randn(rows.shape[1])
    return rows


def first_above(values, threshold):
    """A loop that stops early."""
    found = -1
    for i in range(len(values)):
        if values[i] > threshold:
            found = i
            break
    return found


def report(rows):
    """A loop that someone reads."""
    for row in rows:
        print(row.mean())
