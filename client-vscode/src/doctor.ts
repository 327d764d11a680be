// One report to read, or to send with a bug: what this client found, and what the server says of itself.
import { execFile } from "node:child_process";
import * as vscode from "vscode";
import { candidates } from "./interpreter";
import type { Pages } from "./pages";
import { findServer } from "./server";
import { settings } from "./settings";

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
