// What to run: the server that came with the extension, in a Python that can run it.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { candidates } from "./interpreter";
import { settings } from "./settings";

export interface Server {
  readonly command: string;
  /** What comes before the verb: `server`, or `doctor`. */
  readonly args: readonly string[];
  /** In words, for the status item and the doctor's report. */
  readonly description: string;
}

const oldest: readonly [number, number] = [3, 10];
const probe = "import sys, importlib.machinery as m; print(*sys.version_info[:2], m.EXTENSION_SUFFIXES[0])";

/** The server to start, or an error whose message says what to do. */
export async function findServer(extension: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<Server> {
  const { serverCommand, serverInterpreter } = settings();
  const [command, ...rest] = serverCommand;
  if (command) {
    const args = rest.at(-1) === "server" ? rest.slice(0, -1) : rest;
    return { command, args, description: `${serverCommand.join(" ")} (your settings)` };
  }
  const launcher = extension.asAbsolutePath(path.join("client-vscode", "launch.py"));
  const libcst = extension.asAbsolutePath(path.join("build", "bundled", "libs", "libcst"));
  const tried: string[] = [];
  for await (const python of candidates(serverInterpreter, vscode.window.activeTextEditor?.document.uri)) {
    const trouble = await unfit(python.path, libcst);
    if (!trouble) {
      // -I and -S: neither the folder that is open nor the user's environment can change what the server imports.
      return { command: python.path, args: ["-I", "-S", launcher], description: `${python.path} (from ${python.from})` };
    }
    log.info(`Not ${python.path}, from ${python.from}: ${trouble}`);
    tried.push(`${python.path}: ${trouble}`);
  }
  const looked = tried.length ? `Tried ${tried.join("; ")}.` : "Found no Python at all.";
  throw new Error(`${looked} Set loopless.server.interpreter to a CPython from ${oldest.join(".")} on.`);
}

/** Why the bundled server cannot run in this Python, or undefined. */
async function unfit(python: string, libcst: string): Promise<string | undefined> {
  let answer: string;
  try {
    answer = (await promisify(execFile)(python, ["-I", "-S", "-c", probe], { timeout: 10_000 })).stdout;
  } catch (error) {
    return `it does not run (${error instanceof Error ? error.message.trim() : String(error)})`;
  }
  const [major = "0", minor = "0", suffix = ""] = answer.trim().split(" ");
  if (Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1])) {
    return `it is Python ${major}.${minor}, and the server needs ${oldest.join(".")}`;
  }
  if (!fs.existsSync(path.join(libcst, `native${suffix}`))) {
    return `this package has no libcst for it (native${suffix})`;
  }
  return undefined;
}
