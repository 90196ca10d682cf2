import { dirname, join, resolve } from 'node:path'
import type { Deck } from '../protocol/deck.ts'
import type { DeckProblem } from './items.ts'
import { parseDeck } from './parse-deck.ts'
import { findDeck, kindOf, readText } from './read-deck.ts'

export interface LoadedDeck {
  readonly deck: Deck
  /** The deck's file, absolute. */
  readonly file: string
  /** The folder that the deck's images are served from (under `addresses.ts`' DECK_FILES). */
  readonly folder: string
  /** The folder of manifests that every shell's home gets a copy of, absolute; undefined when there is none. */
  readonly labFolder: string | undefined
  readonly problems: readonly DeckProblem[]
}

/** When front matter names no lab folder: this one of the project, if it is there. */
const DEFAULT_LAB = 'manifests/workshop'

/**
 * Reads a deck: a Markdown file, or a folder with a `deck.md`.
 * @param root what the lab folder's path is relative to, when it is not beside the deck
 * @throws UserError 'bad-deck'
 */
export async function loadDeck(path: string, root: string = process.cwd()): Promise<LoadedDeck> {
  const file = await findDeck(path)
  const source = await readText(file, path)
  const { deck, lab, problems } = parseDeck(source, path.endsWith('.md') ? path : join(path, 'deck.md'))
  const folder = dirname(file)
  const labFolder = await findLab(lab, folder, root)
  const missing =
    lab !== undefined && labFolder === undefined
      ? [{ line: 1, say: `The lab folder "${lab}" is neither beside the deck nor in ${root}; homes stay without it.` }]
      : []
  return { deck, file, folder, labFolder, problems: [...missing, ...problems] }
}

async function findLab(lab: string | undefined, folder: string, root: string): Promise<string | undefined> {
  const wanted = lab ?? DEFAULT_LAB
  for (const candidate of [resolve(folder, wanted), resolve(root, wanted)]) {
    if ((await kindOf(candidate)) === 'folder') return candidate
  }
  return undefined
}
