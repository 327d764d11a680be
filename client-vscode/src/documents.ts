// Which documents are ours.
import * as vscode from "vscode";

export const selector: { language: string; scheme: string }[] = ["file", "untitled", "vscode-notebook-cell", "vscode-interactive-input"].map(
  (scheme) => ({ language: "python", scheme }),
);

let latest: vscode.TextEditor | undefined;

/** Remembers the Python editor that had the cursor last. */
export function followEditors(): vscode.Disposable {
  const remember = (editor: vscode.TextEditor | undefined): void => {
    if (editor && isOurs(editor.document)) latest = editor;
  };
  remember(vscode.window.activeTextEditor);
  return vscode.window.onDidChangeActiveTextEditor(remember);
}

/** The Python editor that a command "at the cursor" is about: the one that has it, else the one that had it last. */
export async function pythonEditor(): Promise<vscode.TextEditor | undefined> {
  const active = vscode.window.activeTextEditor;
  if (active) return isOurs(active.document) ? active : undefined;
  // A page of ours or of VS Code's is in front, such as the walkthrough with its buttons.
  if (!latest || latest.document.isClosed) return undefined;
  return vscode.window.showTextDocument(latest.document, { selection: latest.selection });
}

function isOurs(document: vscode.TextDocument): boolean {
  return vscode.languages.match(selector, document) > 0;
}

/** The loops that can be rewritten. What we say of a suppression comment is no finding. */
export function findings(document: vscode.TextDocument): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ source, code }) => source === "loopless" && !(typeof code === "string" && code.endsWith("-suppression")))
    .sort((one, other) => one.range.start.compareTo(other.range.start));
}
