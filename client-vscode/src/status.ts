// One item in the language status, beside Python's own. Nothing else of ours is ever on the screen unasked.
import * as vscode from "vscode";
import { selector } from "./documents";

export class Status implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("loopless", selector);

  constructor() {
    this.item.name = "Loopless";
    this.starting();
  }

  starting(): void {
    this.show("Loopless", "starting", vscode.LanguageStatusSeverity.Information, true);
  }

  running(version: string): void {
    const detail = vscode.workspace.isTrusted ? "watching for loops" : "watching for loops; verify waits for a trusted workspace";
    this.show(`Loopless ${version}`.trim(), detail, vscode.LanguageStatusSeverity.Information);
    this.item.command = { title: "Show Log", command: "loopless.showLog" };
  }

  waiting(seconds: number): void {
    this.show("Loopless", `the server ended; starting it again in ${seconds} s`, vscode.LanguageStatusSeverity.Warning, true);
    this.item.command = { title: "Restart Now", command: "loopless.restart" };
  }

  failed(reason: string): void {
    this.show("Loopless is not running", reason, vscode.LanguageStatusSeverity.Error);
    this.item.command = { title: "Restart", command: "loopless.restart" };
  }

  dispose(): void {
    this.item.dispose();
  }

  private show(text: string, detail: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    this.item.text = text;
    this.item.detail = detail;
    this.item.severity = severity;
    this.item.busy = busy;
    this.item.command = undefined;
  }
}
