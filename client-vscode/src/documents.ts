// Which documents are ours.
import * as vscode from "vscode";

export const selector: { language: string; scheme: string }[] = ["file", "untitled", "vscode-notebook-cell", "vscode-interactive-input"].map(
  (scheme) => ({ language: "python", scheme }),
);

/** The Python editor that has the cursor: what a command "at the cursor" is about. */
export function pythonEditor(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && vscode.languages.match(selector, editor.document) ? editor : undefined;
}

/** The loops that can be rewritten. What we say of a suppression comment is no finding. */
export function findings(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ source, code }) => source === "loopless" && !(typeof code === "string" && code.endsWith("-suppression")))
    .sort((one, other) => one.range.start.compareTo(other.range.start));
}
