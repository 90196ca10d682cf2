import type { LinkDefinition } from './markdown-inline.ts'

/** A piece of a slide's content, in source order (dialect 1.4). */
export type Item = TextItem | CodeItem | ClassItem | DefinitionItem

export interface TextItem {
  readonly kind: 'text'
  readonly text: string
}

/** Inline code, a fence or indented code: nothing in it is a separator, a class or a macro. */
export interface CodeItem {
  readonly kind: 'code'
  readonly text: string
  /** Line of the deck on which it begins, from 1. */
  readonly line: number
}

/** `.name[…]`: Markdown of its own in a div (its text has a newline) or a span. */
export interface ClassItem {
  readonly kind: 'class'
  readonly classes: readonly string[]
  readonly block: boolean
  readonly items: readonly Item[]
  /** As written, for when it turns out not to be a class at all. */
  readonly raw: string
}

/** `[id]: url` on a line of its own: nothing is shown for it (dialect 10.1). */
export interface DefinitionItem {
  readonly kind: 'definition'
  /** As written, with `breaks`: the line breaks around it. */
  readonly text: string
  readonly breaks: string
  /** In lower case. */
  readonly id: string
  readonly link: LinkDefinition
}

/** A slide (or one step of it) as it stands in the source, before layouts and variables. */
export interface Draft {
  /** Line of the deck on which it begins, from 1. */
  readonly line: number
  /** Whether `--` rather than `---` came before it. */
  readonly step: boolean
  readonly properties: ReadonlyMap<string, string>
  /** Where in the deck a property that is a line of its own, not a comment, is written. */
  readonly propertyLines: ReadonlyMap<string, number>
  readonly items: readonly Item[]
  readonly notes: readonly Item[]
}

/** Something in the deck that is probably not meant so; the deck is shown all the same. */
export interface DeckProblem {
  readonly line: number
  /** From 1, where it is known. */
  readonly column?: number
  readonly say: string
  /** It is about a live block, which is not there or does less than was meant. */
  readonly block?: true
}

export function classNames(value: string | undefined): string[] {
  return (value ?? '').split(/[\s,]+/).filter((name) => name !== '')
}
