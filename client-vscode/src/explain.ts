// What the engine has to say about a loop, and about this installation.
import { execFile } from "node:child_process";
import * as vscode from "vscode";
import { ExecuteCommandRequest } from "vscode-languageclient/node";
import type { LanguageClient } from "vscode-languageclient/node";
import { candidates } from "./interpreter";
import type { Pages } from "./pages";
import { findServer } from "./server";
import { settings } from "./settings";

export async function explainAtCursor(client: LanguageClient, editor: vscode.TextEditor, pages: Pages): Promise<void> {
  const { document, selection } = editor;
  const answer: unknown = await client.sendRequest(ExecuteCommandRequest.type, {
    command: "loopless.explain",
    arguments: [document.uri.toString(), document.version, selection.active.line],
  });
  if (typeof answer === "string" && answer) await pages.showMarkdown("Explanation.md", answer);
  else vscode.window.setStatusBarMessage("Loopless: no loop at the cursor", 5_000);
}

/** What this client found, then what the server's own `doctor` says of it: one report to read or to send. */
export async function doctor(extension: vscode.ExtensionContext, log: vscode.LogOutputChannel, pages: Pages): Promise<void> {
  const resource = vscode.window.activeTextEditor?.document.uri;
  const lines = [
    `Loopless ${(extension.extension.packageJSON as { version: string }).version} in ${vscode.env.appName} ${vscode.version}`,
    `Workspace: ${vscode.workspace.isTrusted ? "trusted" : "not trusted, so nothing is run"}`,
  ];
  const verify = await candidates(settings().verifyInterpreter, resource).next();
  lines.push(verify.done ? "Verify: no Python found" : `Verify: ${verify.value.path} (from ${verify.value.from})`);
  try {
    const server = await findServer(extension, log);
    lines.push(`Server: ${server.description}`, "", await output(server.command, [...server.args, "doctor", ...pythonOf(verify)]));
  } catch (error) {
    lines.push(`Server: ${error instanceof Error ? error.message : String(error)}`);
  }
  await pages.showText("Doctor.txt", `${lines.join("\n")}\n`);
}

function pythonOf(found: IteratorResult<{ path: string }, unknown>): string[] {
  return found.done || !vscode.workspace.isTrusted ? [] : ["--python", found.value.path];
}

/** All that a program says, whether or not it is content. */
function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 60_000 }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()));
  });
}
