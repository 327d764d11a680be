// The client is thin: it finds a Python, starts the server in it and keeps it running. The server decides everything else.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { fixAll, insertSample, preview } from "./actions";
import { followEditors, pythonEditor } from "./documents";
import { doctor } from "./doctor";
import { openExample } from "./example";
import { onDidChange } from "./interpreter";
import { Pages } from "./pages";
import { Session } from "./session";
import { needsRestart } from "./settings";
import { Status } from "./status";
import { verifyAtCursor, verifyFile } from "./verify";

let session: Session | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Loopless", { log: true });
  const status = new Status();
  const pages = new Pages();
  const ours = (session = new Session(context, status, pages, log));
  context.subscriptions.push(ours, status, pages, log, followEditors());

  const command = (name: string, run: () => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(`loopless.${name}`, run));
  };
  /** A command that a link in a hover runs, with the place of its loop. */
  const fromLink = (name: string, run: (client: LanguageClient, document: vscode.TextDocument, line: number) => unknown): void => {
    context.subscriptions.push(
      vscode.commands.registerCommand(`loopless.${name}`, (uri: string, _version: number, line: number) => {
        const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === vscode.Uri.parse(uri).toString());
        return ours.running && document ? run(ours.running, document, line) : undefined;
      }),
    );
  };
  const atCursor = (name: string, run: (client: LanguageClient, editor: vscode.TextEditor) => unknown): void => {
    command(name, async () => {
      const editor = await pythonEditor();
      if (ours.running && editor) return run(ours.running, editor);
      vscode.window.setStatusBarMessage(`Loopless: ${editor ? "the server is not running" : "no Python file is open"}`, 5_000);
    });
  };
  command("openExample", openExample);
  command("restart", () => ours.restart());
  command("showLog", () => log.show(true));
  command("showServerLog", () => ours.showServerLog());
  command("doctor", () => doctor(context, log, pages));
  atCursor("verifyAtCursor", (_, editor) => verifyAtCursor(editor));
  atCursor("verifyFile", (_, editor) => verifyFile(editor));
  atCursor("explainAtCursor", (_, { document, selection }) =>
    vscode.commands.executeCommand("loopless.explain", document.uri.toString(), document.version, selection.active.line),
  );
  atCursor("previewAtCursor", (client, { document, selection }) => preview(client, document, selection.active, pages));
  fromLink("preview", (client, document, line) => preview(client, document, new vscode.Position(line, 0), pages));
  atCursor("insertSample", insertSample);
  atCursor("fixAll", (_, editor) => fixAll(editor));

  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => (needsRestart(change) ? ours.restart() : undefined)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => ours.restart()),
  );
  void ours.restart();
  void onDidChange(() => void ours.settingsChanged()).then((subscription) => context.subscriptions.push(subscription));
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}
