import { dirname, join, resolve } from 'node:path'
import type { Deck } from '../protocol/deck.ts'
import { withIncludes } from './includes.ts'
import type { DeckProblem } from './items.ts'
import { parseDeck } from './parse-deck.ts'
import { findDeck, kindOf } from './read-deck.ts'

export interface LoadedDeck {
  readonly deck: Deck
  /** The deck's file, absolute. */
  readonly file: string
  /** The folder that the deck's images are served from (under `addresses.ts`' DECK_FILES). */
  readonly folder: string
  /** The folder of manifests that every shell's home gets a copy of, absolute; undefined when there is none. */
  readonly labFolder: string | undefined
  /** The folder whose descriptions of images simulated clusters know, absolute; undefined when the deck names none. */
  readonly imagesFolder: string | undefined
  /** The files that its text is made of, absolute: its own, and those that it includes. */
  readonly texts: readonly string[]
  readonly problems: readonly LoadProblem[]
}

/** A problem, and the file it is in as the person knows it. */
export interface LoadProblem extends DeckProblem {
  readonly file: string
}

/** When front matter names no lab folder: this one of the project, if it is there. */
const DEFAULT_LAB = 'manifests/workshop'

/**
 * Reads a deck: a Markdown file, or a folder with a `deck.md`.
 * @param root what the lab folder's path is relative to, when it is not beside the deck
 * @param revision how often the deck's images have changed: pages fetch them again
 * @throws UserError 'bad-deck'
 */
export async function loadDeck(path: string, root: string = process.cwd(), revision = 0): Promise<LoadedDeck> {
  const file = await findDeck(path)
  const shown = file === resolve(path) ? path : join(path, 'deck.md')
  const { text, files, origin } = await withIncludes(file, shown)
  const { deck, lab, images, problems } = parseDeck(text, shown, revision)
  const folder = dirname(file)
  const labFolder = await findFolder(lab ?? DEFAULT_LAB, folder, root)
  const imagesFolder = images === undefined ? undefined : await findFolder(images, folder, root)
  const missing: readonly DeckProblem[] = [
    ...missingFolder('lab', lab, labFolder, root, 'homes stay without it'),
    ...missingFolder('images', images, imagesFolder, root, 'simulated clusters do not know what it describes'),
  ]
  const placed = [...missing, ...problems].map((problem): LoadProblem => {
    const { file: where, line } = origin(problem.line)
    return { ...problem, file: where, line }
  })
  return { deck, file, folder, labFolder, imagesFolder, texts: files, problems: placed }
}

function missingFolder(key: string, wanted: string | undefined, found: string | undefined, root: string, so: string): DeckProblem[] {
  if (wanted === undefined || found !== undefined) return []
  return [{ line: 1, say: `The ${key} folder "${wanted}" is neither beside the deck nor in ${root}; ${so}.` }]
}

async function findFolder(wanted: string, folder: string, root: string): Promise<string | undefined> {
  for (const candidate of [resolve(folder, wanted), resolve(root, wanted)]) {
    if ((await kindOf(candidate)) === 'folder') return candidate
  }
  return undefined
}
