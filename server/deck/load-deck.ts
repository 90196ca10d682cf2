import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UserError } from '../kernel/user-error.ts'
import type { Deck } from '../protocol/deck.ts'
import type { DeckProblem } from './items.ts'
import { parseDeck } from './parse-deck.ts'

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
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads a deck: a Markdown file, or a folder with a `deck.md`.
 * @param root what the lab folder's path is relative to, when it is not beside the deck
 * @throws UserError 'bad-deck'
 */
export async function loadDeck(path: string, root: string = process.cwd()): Promise<LoadedDeck> {
  const file = await findFile(path)
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

/** The text of a deck, or of a folder's `deck.md`. @throws UserError 'bad-deck' */
export async function readDeckFile(path: string): Promise<string> {
  return readText(await findFile(path), path)
}

async function readText(file: string, path: string): Promise<string> {
  return decode(await readFile(file).catch((cause: unknown) => Promise.reject(unreadable(path, cause))), path)
}

async function findFile(path: string): Promise<string> {
  const file = resolve(path)
  const kind = await kindOf(file)
  if (kind === 'folder') {
    if ((await kindOf(join(file, 'deck.md'))) === 'file') return join(file, 'deck.md')
    throw new UserError('bad-deck', `${path} is a folder without a deck.md in it. Name the deck's file.`)
  }
  if (kind === 'file') return file
  if (kind === 'other') throw new UserError('bad-deck', `${path} is not a file. Name a Markdown file, or a folder with a deck.md.`)
  throw new UserError('bad-deck', `There is no deck at ${path}. Name a Markdown file, or a folder with a deck.md.`)
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  } catch {
    return undefined
  }
}

function decode(bytes: Buffer, path: string): string {
  if (bytes.length > MAX_BYTES)
    throw new UserError('bad-deck', `${path} is larger than 4 MB. Is it a deck? Images belong in files of their own beside it.`)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch (cause) {
    throw notText(path, cause)
  }
  throw notText(path)
}

function notText(path: string, cause?: unknown): UserError {
  return new UserError('bad-deck', `${path} is not text in UTF-8. Name the deck's Markdown file.`, cause)
}

function unreadable(path: string, cause: unknown): UserError {
  return new UserError('bad-deck', `${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, cause)
}

async function findLab(lab: string | undefined, folder: string, root: string): Promise<string | undefined> {
  const wanted = lab ?? DEFAULT_LAB
  for (const candidate of [resolve(folder, wanted), resolve(root, wanted)]) {
    if ((await kindOf(candidate)) === 'folder') return candidate
  }
  return undefined
}
