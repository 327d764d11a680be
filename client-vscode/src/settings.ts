// The settings that the client itself reads. All others go to the server as they are.
import * as vscode from "vscode";

export interface Settings {
  /** Start this instead of the bundled server, such as ["loopless", "server"]. */
  readonly serverCommand: readonly string[];
  /** The Python that runs the server. */
  readonly serverInterpreter: string;
  /** The Python that has torch, in which verify runs both versions. */
  readonly verifyInterpreter: string;
}

export function settings(): Settings {
  const section = vscode.workspace.getConfiguration("loopless");
  return {
    serverCommand: section.get<string[]>("server.command", []),
    serverInterpreter: section.get("server.interpreter", ""),
    verifyInterpreter: section.get("verify.interpreter", ""),
  };
}

/** Settings that take effect only in a new server process. */
export function needsRestart(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration("loopless.server");
}
