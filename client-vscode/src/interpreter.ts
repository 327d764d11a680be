// Which Python: candidates in the order in which a user would expect them to win.
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";

export interface Interpreter {
  readonly path: string;
  /** Where it was found, in words for the status item and the doctor's report. */
  readonly from: string;
}

/** What we use of the two Python extensions. Neither is required, so neither's types are. */
interface EnvironmentsApi {
  getEnvironment?(scope?: vscode.Uri): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
  onDidChangeEnvironment?: vscode.Event<unknown>;
}
interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: { path: string }): Promise<{ executable?: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const environmentsExtension = "ms-python.vscode-python-envs";
const pythonExtension = "ms-python.python";

/** Setting, Python Environments extension, Python extension, .venv, PATH. The asker takes the first that serves. */
export async function* candidates(setting: string, resource?: vscode.Uri): AsyncGenerator<Interpreter> {
  if (setting) {
    yield { path: setting, from: "your settings" };
    return; // Whoever names one means that one.
  }
  const found = [fromEnvironments, fromPython, fromFolder, fromPath];
  for (const find of found) {
    const interpreter = await find(resource);
    if (interpreter && mayRun(interpreter.path)) yield interpreter;
  }
}

/** Told when one of the two extensions selects another environment. */
export async function onDidChange(listener: () => void): Promise<vscode.Disposable> {
  const events = [
    (await exportsOf<EnvironmentsApi>(environmentsExtension))?.onDidChangeEnvironment,
    (await exportsOf<PythonApi>(pythonExtension))?.environments?.onDidChangeActiveEnvironmentPath,
  ];
  return vscode.Disposable.from(...events.flatMap((event) => (event ? [event(listener)] : [])));
}

async function fromEnvironments(resource?: vscode.Uri): Promise<Interpreter | undefined> {
  const api = await exportsOf<EnvironmentsApi>(environmentsExtension);
  const executable = (await api?.getEnvironment?.(resource))?.execInfo?.run?.executable;
  return executable ? { path: executable, from: "the Python Environments extension" } : undefined;
}

async function fromPython(resource?: vscode.Uri): Promise<Interpreter | undefined> {
  const environments = (await exportsOf<PythonApi>(pythonExtension))?.environments;
  if (!environments) return undefined;
  const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(resource));
  const executable = environment?.executable?.uri?.fsPath;
  return executable ? { path: executable, from: "the Python extension" } : undefined;
}

/** The nearest .venv or venv, from the file's folder up to the workspace's. */
function fromFolder(resource?: vscode.Uri): Interpreter | undefined {
  const workspace = (resource && vscode.workspace.getWorkspaceFolder(resource)) ?? vscode.workspace.workspaceFolders?.[0];
  if (!workspace) return undefined;
  const top = workspace.uri.fsPath;
  let folder = resource?.scheme === "file" && inside(resource.fsPath, top) ? resource.fsPath : top;
  for (; inside(folder, top); folder = path.dirname(folder)) {
    for (const name of [".venv", "venv"]) {
      const python = path.join(folder, name, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
      if (isFile(python)) return { path: python, from: `${name} in ${folder}` };
    }
    if (folder === top) break; // Above "/" is "/".
  }
  return undefined;
}

function fromPath(): Interpreter | undefined {
  const names = process.platform === "win32" ? ["python.exe", "python3.exe"] : ["python3", "python"];
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder))) {
    for (const name of names) {
      const python = path.join(folder, name);
      if (isFile(python)) return { path: python, from: "PATH" };
    }
  }
  return undefined;
}

/** A folder that nobody trusts must not choose what we execute. */
function mayRun(python: string): boolean {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return vscode.workspace.isTrusted || !folders.some((folder) => inside(python, folder.uri.fsPath));
}

async function exportsOf<Api>(id: string): Promise<Api | undefined> {
  try {
    return (await vscode.extensions.getExtension<Api>(id)?.activate()) ?? undefined;
  } catch {
    return undefined; // Another extension's trouble is not ours: look further down the list.
  }
}

function inside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false; // Not there, or not for us to see.
  }
}
