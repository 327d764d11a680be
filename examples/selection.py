"""Reading rows by number is a gather; keeping some of them is a mask."""

import torch


def look_up(table: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    rows = torch.zeros(len(tokens), table.shape[1])
    # loopless: sample(table=torch.randn(100, 32), tokens=torch.randint(0, 100, (400,)))
    for position, token in enumerate(tokens):
        rows[position] = table[token]
    return rows


def keep_valid(rows: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    kept = []
    # loopless: sample(rows=torch.randn(500, 16), valid=torch.rand(500) > 0.3)
    for i, (row, ok) in enumerate(zip(rows, valid)):
        if ok:
            kept.append(row)
    return torch.stack(kept)
