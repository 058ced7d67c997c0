/** The editor that source places open in: the person's choice, stored, and the ways to open. */
import { readStored, writeStored } from '../base/stored.ts';
import type { StackFrame } from '../base/stack-frames.ts';
import { EDITORS, editorTarget, parsePathRules, type EditorTarget } from './editor-target.ts';
import type { HostBridge } from './host.ts';

/** `custom` means the person's own template. */
export type EditorId = string;

export class Editor {
  readonly #host: HostBridge;
  #id = $state<EditorId>('vscode');
  #custom = $state('');
  #paths = $state('');
  readonly #rules = $derived(parsePathRules(this.#paths));
  /** Whether the settings are shown; a place that cannot be opened yet shows them. */
  isChoosing = $state(false);

  constructor(host: HostBridge) {
    this.#host = host;
    const id = readStored('editor') ?? 'vscode';
    this.#id = id === 'custom' || EDITORS.some((editor) => editor.id === id) ? id : 'vscode';
    this.#custom = readStored('editor.template') ?? '';
    this.#paths = readStored('editor.paths') ?? '';
  }

  get id(): EditorId {
    return this.#id;
  }

  /** The editor's name as people say it. */
  get label(): string {
    return EDITORS.find(({ id }) => id === this.#id)?.label ?? 'your editor';
  }

  get template(): string {
    return EDITORS.find(({ id }) => id === this.#id)?.template ?? this.#custom;
  }

  /** The person's own template; used while `id` is `custom`. */
  get custom(): string {
    return this.#custom;
  }

  /** Lines of path mapping, as they were typed. */
  get paths(): string {
    return this.#paths;
  }

  choose(id: EditorId): void {
    this.#id = id;
    writeStored('editor', id);
  }

  setCustom(template: string): void {
    this.#custom = template;
    writeStored('editor.template', template);
  }

  setPaths(text: string): void {
    this.#paths = text;
    writeStored('editor.paths', text);
  }

  /** What opens a frame with the editor chosen. */
  targetOf(frame: StackFrame): EditorTarget {
    return editorTarget(frame, this.template, this.#rules);
  }

  /** Opens a frame; false when the settings have to say more first, and they are shown. */
  async open(frame: StackFrame): Promise<boolean> {
    const target = this.targetOf(frame);
    switch (target.type) {
      case 'address':
        return this.#host.openEditor(target.url);
      case 'command':
        await navigator.clipboard.writeText(target.command);
        return true;
      case 'unmapped':
      case 'none':
        this.isChoosing = true;
        return false;
    }
  }
}
