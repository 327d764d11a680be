// The server's code actions reached by what they are for, so that a command does what the light bulb does.
import * as vscode from "vscode";
import { CodeActionRequest, CodeActionResolveRequest } from "vscode-languageclient/node";
import type { CodeAction, LanguageClient } from "vscode-languageclient/node";
import type { Pages } from "./pages";

type Role = "rewrite" | "suppress" | "verify" | "sample";

/** Every safe rewrite of the file, or of all cells. VS Code itself says so when there is none. */
export async function fixAll({ document }: vscode.TextEditor): Promise<void> {
  const kind = `${document.uri.scheme === "vscode-notebook-cell" ? "notebook." : ""}source.fixAll.loopless`;
  await vscode.commands.executeCommand("editor.action.codeAction", { kind, apply: "first" });
}

/** Puts the comment that tells verify which inputs to use above the loop at the cursor. */
export async function insertSample(client: LanguageClient, editor: vscode.TextEditor): Promise<void> {
  const edit = await editOf(client, editor.document, editor.selection.active, "sample");
  if (edit) await vscode.workspace.applyEdit(edit);
  else vscode.window.setStatusBarMessage("Loopless: no loop here takes a sample", 5_000);
}

/** The file beside itself as the preferred rewrite would leave it. */
export async function preview(client: LanguageClient, document: vscode.TextDocument, position: vscode.Position, pages: Pages): Promise<void> {
  const edits = (await editOf(client, document, position, "rewrite"))?.get(document.uri);
  if (!edits?.length) {
    vscode.window.setStatusBarMessage("Loopless: no rewrite to preview here", 5_000);
    return;
  }
  const name = document.uri.path.split("/").at(-1) ?? "preview.py";
  const after = pages.put(name, applied(document, edits));
  await vscode.commands.executeCommand("vscode.diff", document.uri, after, `${name}: loop ↔ tensor operations`);
}

async function editOf(client: LanguageClient, document: vscode.TextDocument, at: vscode.Position, role: Role): Promise<vscode.WorkspaceEdit | undefined> {
  const position = client.code2ProtocolConverter.asPosition(at);
  const answer = await client.sendRequest(CodeActionRequest.type, {
    textDocument: { uri: client.code2ProtocolConverter.asUri(document.uri) },
    range: { start: position, end: position },
    context: { diagnostics: [] },
  });
  const actions = (answer ?? []).filter((action): action is CodeAction => !("command" in action && typeof action.command === "string"));
  const ours = actions.filter((action) => (action.data as { role?: Role } | undefined)?.role === role && !action.disabled);
  const action = ours.find((candidate) => candidate.isPreferred) ?? ours[0];
  if (!action) return undefined;
  const resolved = action.edit ? action : await client.sendRequest(CodeActionResolveRequest.type, action);
  return client.protocol2CodeConverter.asWorkspaceEdit(resolved.edit);
}

function applied(document: vscode.TextDocument, edits: readonly vscode.TextEdit[]): string {
  const backwards = [...edits].sort((one, other) => other.range.start.compareTo(one.range.start));
  return backwards.reduce((text, edit) => {
    const [start, end] = [document.offsetAt(edit.range.start), document.offsetAt(edit.range.end)];
    return text.slice(0, start) + edit.newText + text.slice(end);
  }, document.getText());
}
