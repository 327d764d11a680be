// A file to try everything on: for a person who has just installed this, and has no loop at hand.
import * as vscode from "vscode";

const example = `import torch


def light_inside(images: torch.Tensor, aperture: torch.Tensor) -> torch.Tensor:
    """How much light of each image falls into the aperture."""
    count, height, width = images.shape
    light = torch.zeros(count)
    for n in range(count):
        for h in range(height):
            for w in range(width):
                if aperture[h, w] > 0:
                    light[n] += images[n, h, w]
    return light


def smooth(signal: torch.Tensor) -> torch.Tensor:
    """Each value, averaged with its neighbors."""
    out = signal.clone()
    for i in range(1, len(signal) - 1):
        out[i] = (signal[i - 1] + signal[i] + signal[i + 1]) / 3
    return out


light = light_inside(torch.rand(6, 24, 24), torch.rand(24, 24))
curve = smooth(torch.rand(2000))
`;

/** Opens it as a new file that is not on the disk, with the cursor on the first loop. */
export async function openExample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "python", content: example });
  const start = document.positionAt(example.indexOf("for n in"));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(start, start), preview: false });
}
