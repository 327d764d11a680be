// One report to read, or to send with a bug: what this client found, and what the server says of itself.
import { execFile } from "node:child_process";
import * as path from "node:path";
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
  const found = await candidates(settings().verifyInterpreter, resource).next();
  const python = found.done ? undefined : found.value;
  lines.push(python ? `Verify: ${python.path} (from ${python.from})` : "Verify: no Python found");
  try {
    const server = await findServer(extension, log);
    const mayAsk = python && vscode.workspace.isTrusted;
    lines.push(`Server: ${server.description}`, "", await output(server.command, [...server.args, "doctor"], mayAsk ? python.path : undefined));
  } catch (error) {
    lines.push(`Server: ${error instanceof Error ? error.message : String(error)}`);
  }
  await pages.show("Doctor", `${lines.join("\n")}\n`);
}

/** All that a program says, whether or not it is content. It looks for torch where an activated environment would be. */
function output(command: string, args: readonly string[], python?: string): Promise<string> {
  const env = python ? { ...process.env, VIRTUAL_ENV: path.dirname(path.dirname(python)) } : process.env;
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 60_000, env }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`.trim()));
  });
}
