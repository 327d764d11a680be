// Lenses that stay where they are while a person types. A loop that is half written has no finding for a moment; were
// its lens to go and come back with every word, all lines below would jump.
import * as vscode from "vscode";

/** How long after the last key a loop may be without its finding before its lens goes. */
const patience = 2_500;

interface Row {
  readonly line: number;
  /** What the line began with: `for`. Where it begins otherwise by now, the loop is gone. */
  readonly keyword: string;
  readonly title: string;
}

const loops = ["for", "while", "async"];

export class SteadyLenses implements vscode.Disposable {
  private readonly rows = new Map<string, readonly Row[]>();
  private readonly typedAt = new Map<string, number>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscription = vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument((change) => this.typed(change)),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(String(uri))),
  );

  /** `askAgain` makes the editor ask for the lenses of a document once more. */
  constructor(private readonly askAgain: (document: vscode.TextDocument) => void) {}

  /** The lenses that the server sees now, and those that it may see again once the word is typed. */
  settled(document: vscode.TextDocument, fresh: readonly vscode.CodeLens[]): vscode.CodeLens[] {
    const key = String(document.uri);
    const rows = fresh.map((lens) => rowOf(document, lens)).filter(({ keyword }) => loops.includes(keyword));
    const kept = this.isBeingTyped(key) ? (this.rows.get(key) ?? []).filter((old) => !rows.some(({ line }) => line === old.line)) : [];
    this.rows.set(key, [...rows, ...kept]);
    clearTimeout(this.timers.get(key));
    if (kept.length) this.timers.set(key, setTimeout(() => this.askAgain(document), patience));
    // Nothing happens at a press on one that is kept: what it was about is not there at the moment.
    return [...fresh, ...kept.map(({ line, title }) => new vscode.CodeLens(document.lineAt(line).range, { title, command: "" }))];
  }

  dispose(): void {
    this.subscription.dispose();
    for (const key of [...this.rows.keys()]) this.forget(key);
  }

  private typed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const key = String(document.uri);
    const rows = this.rows.get(key);
    if (!rows || !contentChanges.length) return;
    this.typedAt.set(key, Date.now());
    const moved = rows.map((row) => ({ ...row, line: contentChanges.reduce(lineAfter, row.line) }));
    this.rows.set(key, moved.filter((row) => row.line < document.lineCount && keywordOf(document, row.line) === row.keyword));
  }

  private isBeingTyped(key: string): boolean {
    return Date.now() - (this.typedAt.get(key) ?? 0) < patience;
  }

  private forget(key: string): void {
    clearTimeout(this.timers.get(key));
    for (const kept of [this.rows, this.typedAt, this.timers]) kept.delete(key);
  }
}

function rowOf(document: vscode.TextDocument, { range, command }: vscode.CodeLens): Row {
  const line = Math.min(range.start.line, document.lineCount - 1);
  const title = command?.title.startsWith("Verify") ? command.title : "Verify"; // A verdict is not on what is typed since.
  return { line, keyword: keywordOf(document, line), title };
}

function keywordOf(document: vscode.TextDocument, line: number): string {
  const { text } = document.lineAt(line);
  return text.includes("loopless: ignore") ? "" : (/^\s*(\w*)/.exec(text)?.[1] ?? "");
}

/** Where a line is after a change: below it by as many as came, where the change was above. */
function lineAfter(line: number, { range, text }: vscode.TextDocumentContentChangeEvent): number {
  const isBelow = range.start.line > line || (range.start.line === line && range.start.character > 0);
  if (isBelow) return line;
  const added = text.split("\n").length - 1;
  return Math.max(range.start.line, line + added - (range.end.line - range.start.line));
}
