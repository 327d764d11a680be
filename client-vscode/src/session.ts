// The life of the server process: start, stop, and start again after a crash, one thing at a time.
import * as vscode from "vscode";
import { CloseAction, CodeLensRequest, ErrorAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";
import type { InitializeParams, LanguageClientOptions } from "vscode-languageclient/node";
import { selector } from "./documents";
import { candidates } from "./interpreter";
import type { Pages } from "./pages";
import { findServer } from "./server";
import { settings } from "./settings";
import type { Status } from "./status";
import { SteadyLenses } from "./steady";
import { summary } from "./verify";
import type { Verdict } from "./verify";

/** What a link in a hover may run: these of ours, and nothing else. */
const linked = ["loopless.preview", "loopless.verify", "loopless.explain", "loopless.rule"];
const shortestWait = 1_000;
const longestWait = 60_000;

export class Session implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private wait = shortestWait;
  private startedAt = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly lenses = new SteadyLenses((document) =>
    this.running?.getFeature(CodeLensRequest.method).getProvider(document)?.onDidChangeCodeLensEmitter.fire(),
  );
  private readonly serverLog = vscode.window.createOutputChannel("Loopless Language Server", { log: true });

  constructor(
    private readonly extension: vscode.ExtensionContext,
    private readonly status: Status,
    private readonly pages: Pages,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The running client; undefined while there is none. */
  get running(): LanguageClient | undefined {
    return this.client?.isRunning() ? this.client : undefined;
  }

  showServerLog(): void {
    this.serverLog.show(true);
  }

  /** Starts afresh, after whatever start or stop is under way. */
  restart(): Promise<void> {
    clearTimeout(this.timer);
    return (this.queue = this.queue.then(async () => {
      clearTimeout(this.timer);
      await this.halt();
      await this.launch();
    }));
  }

  stop(): Promise<void> {
    clearTimeout(this.timer);
    return (this.queue = this.queue.then(() => this.halt()));
  }

  /** Lets the server ask for its settings again: another interpreter for verify is no reason for another server. */
  async settingsChanged(): Promise<void> {
    await this.running?.sendNotification("workspace/didChangeConfiguration", { settings: null });
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.lenses.dispose();
    this.serverLog.dispose();
  }

  private async launch(): Promise<void> {
    this.status.starting();
    try {
      const server = await findServer(this.extension, this.log);
      this.log.info(`Starting ${server.description}`);
      const run = { command: server.command, args: [...server.args, "server"] };
      const client = new QuietClient("loopless", "Loopless", run, this.options());
      this.client = client;
      this.startedAt = Date.now();
      await client.start();
      if (!client.isRunning()) return; // It ended at once, and `crashed` was told.
      const version = client.initializeResult?.serverInfo?.version ?? "";
      this.status.running(version);
      this.log.info(`Running version ${version || "unknown"}`);
      await setContext("active", true);
    } catch (error) {
      await this.halt();
      const reason = error instanceof Error ? error.message : String(error);
      this.log.error(reason);
      this.status.failed(reason);
    }
  }

  private async halt(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await setContext("active", false);
    try {
      await client?.dispose(2_000);
    } catch (error) {
      this.log.debug(`While stopping: ${String(error)}`); // It is gone either way.
    }
  }

  /** The server ended by itself. Documents and settings live in the editor, so a new one continues where this one was. */
  private crashed(): void {
    if (Date.now() - this.startedAt > longestWait) this.wait = shortestWait;
    this.log.warn(`The server ended; starting it again in ${this.wait / 1_000} s`);
    this.status.waiting(this.wait / 1_000);
    this.timer = setTimeout(() => void this.restart(), this.wait);
    this.wait = Math.min(2 * this.wait, longestWait);
  }

  /** The server's own commands, whether a lens, the light bulb or the palette sent them. */
  private async executed(command: string, run: () => vscode.ProviderResult<unknown>): Promise<unknown> {
    if (command === "loopless.explain") {
      const answer = await run();
      await this.pages.showMarkdown("Explanation.md", typeof answer === "string" && answer ? answer : "There is no loop at the cursor.");
      return answer;
    }
    if (command === "loopless.rule") {
      const page = await run();
      await this.pages.showMarkdown("Pattern.md", String(page));
      return page;
    }
    if (command !== "loopless.verify") return run();
    await setContext("verifying", true);
    try {
      const verdict = (await run()) as Verdict | undefined;
      if (verdict) vscode.window.setStatusBarMessage(`Loopless: ${summary(verdict)}`, 10_000);
      return verdict;
    } finally {
      await setContext("verifying", false);
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: selector,
      outputChannel: this.serverLog,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: { trusted: vscode.workspace.isTrusted },
      initializationFailedHandler: () => false,
      markdown: { isTrusted: { enabledCommands: linked } },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          if (this.client) this.crashed();
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      middleware: {
        executeCommand: (command, args: unknown[], next) => this.executed(command, () => next(command, args) as vscode.ProviderResult<unknown>),
        provideCodeLenses: async (document, token, next) => this.lenses.settled(document, (await next(document, token)) ?? []),
        workspace: {
          configuration: async (params, token, next) => {
            const answers: unknown = await next(params, token);
            if (!Array.isArray(answers)) return [];
            return Promise.all(
              answers.map((answer: unknown, index) => {
                const item = params.items[index];
                return item?.section === "loopless" ? forServer(answer, item.scopeUri) : answer;
              }),
            );
          },
        },
      },
    };
  }
}

/** The library's own errors go to the log; a message box that nobody asked for is worse than a late lens. */
class QuietClient extends LanguageClient {
  protected override fillInitializeParams(params: InitializeParams): void {
    super.fillInitializeParams(params);
    params.capabilities.experimental = { commandLinks: linked };
  }

  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The settings as the server knows them: without ours, and with the trust and the Python that the user gave elsewhere. */
async function forServer(answer: unknown, scope: string | undefined): Promise<object> {
  const section = Object.entries(answer ?? {}).filter(([key, value]) => value !== null && !["server", "trace"].includes(key));
  const known = Object.fromEntries(section) as { verify?: object };
  const resource = scope ? vscode.Uri.parse(scope) : vscode.window.activeTextEditor?.document.uri;
  const python = await candidates(settings().verifyInterpreter, resource).next();
  const interpreter = python.done ? "" : python.value.path;
  return { ...known, trusted: vscode.workspace.isTrusted, verify: { ...known.verify, interpreter } };
}

function setContext(key: string, value: boolean): Thenable<unknown> {
  return vscode.commands.executeCommand("setContext", `loopless.${key}`, value);
}
