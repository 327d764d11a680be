// Verify by command, for people who use no lenses. The server runs it, shows progress and refreshes the lenses.
import * as vscode from "vscode";
import { findings } from "./documents";

export interface Verdict {
  readonly status: "agreed" | "differed" | "not-run";
  readonly speedup?: number | null;
  readonly device_name?: string | null;
  readonly reason?: string | null;
}

export async function verifyAtCursor(editor: vscode.TextEditor): Promise<void> {
  await verify(editor.document, editor.selection.active.line);
}

export async function verifyFile({ document }: vscode.TextEditor): Promise<void> {
  const lines = findings(document).map((finding) => finding.range.start.line);
  const tally = { agreed: 0, differed: 0, "not-run": 0 };
  for (const line of lines) {
    const verdict = await verify(document, line);
    if (!verdict) break;
    tally[verdict.status] += 1;
  }
  const parts = [`${tally.agreed} of ${lines.length} agreed`];
  if (tally.differed) parts.push(`${tally.differed} differed`);
  if (tally["not-run"]) parts.push(`${tally["not-run"]} not run`);
  vscode.window.setStatusBarMessage(lines.length ? `Loopless: ${parts.join(", ")}` : "Loopless: no loop to verify in this file", 10_000);
}

/** By the server's command, as its lenses do. No verdict when it was cancelled, or the text changed under it. */
async function verify(document: vscode.TextDocument, line: number): Promise<Verdict | undefined> {
  try {
    return await vscode.commands.executeCommand<Verdict>("loopless.verify", document.uri.toString(), document.version, line);
  } catch {
    return undefined;
  }
}

/** In one line: for a lens that the verdict cannot stand in, and for people who have none. */
export function summary(verdict: Verdict): string {
  if (verdict.status === "agreed") {
    const speed = verdict.speedup ?? 1;
    const ratio = Math.max(speed, 1 / speed);
    const words = `${ratio.toFixed(ratio < 10 ? 1 : 0)}× ${speed < 1 ? "slower" : "faster"}`;
    return `both agree, ${words} on ${verdict.device_name ?? "this machine"}`;
  }
  return `${verdict.status === "differed" ? "the results differ" : "not run"}${verdict.reason ? `: ${verdict.reason}` : ""}`;
}
