import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../kernel/user-error.ts'
import { deckInHtml } from './html-deck.ts'

/** Bytes of a deck's file: nobody writes more, but some carry their images in them. */
const MAX_BYTES = 8 * 1024 * 1024

/**
 * The text of a deck, or of a folder's `deck.md`, as a browser reads it: what is not UTF-8 becomes U+FFFD.
 * @throws UserError 'bad-deck'
 */
export async function readDeckFile(path: string): Promise<string> {
  const file = await findDeck(path)
  const text = decode(await readBytes(file, path), path, false)
  return isPage(file) ? pageText(text, path).text : text
}

/** A text that a deck is made of, with its line breaks as `\n`, and how many lines of its file are before it. */
export interface DeckFileText {
  readonly text: string
  readonly linesBefore: number
}

/** @param path as the person named it @throws UserError 'bad-deck' when it cannot be read or is not text */
export async function readText(file: string, path: string): Promise<DeckFileText> {
  const text = decode(await readBytes(file, path), path, true)
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
  return isPage(file) ? pageText(text, path) : { text, linesBefore: 0 }
}

async function readBytes(file: string, path: string): Promise<Buffer> {
  const { size } = await stat(file).catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
  if (size > MAX_BYTES)
    throw new UserError('bad-deck', `${path} is larger than 8 MB. Is it a deck? Images belong in files of their own beside it.`)
  return readFile(file).catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
}

function isPage(file: string): boolean {
  return /\.html?$/i.test(file)
}

function pageText(page: string, path: string): DeckFileText {
  const found = deckInHtml(page)
  if (found) return found
  throw new UserError('bad-deck', `${path} is a page without a deck in it (<textarea id="source">). Name the deck's Markdown file.`)
}

/** The file of a deck, absolute. @throws UserError 'bad-deck' */
export async function findDeck(path: string): Promise<string> {
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

/** What is at a path; undefined when nothing is. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  } catch {
    return undefined
  }
}

/** @param strict whether what is not UTF-8 is an error */
function decode(bytes: Buffer, path: string, strict: boolean): string {
  if (bytes.includes(0)) throw new UserError('bad-deck', `${path} is not text in UTF-8. Name the deck's Markdown file.`)
  if (!strict || isUtf8(bytes)) return bytes.toString('utf8')
  throw new UserError('bad-deck', `${path}:${firstBadLine(bytes)}: This line is not text in UTF-8. Save the file as UTF-8.`)
}

function firstBadLine(bytes: Buffer): number {
  let line = 1
  for (let from = 0; from <= bytes.length; line++) {
    const end = bytes.indexOf(10, from)
    if (!isUtf8(bytes.subarray(from, end < 0 ? undefined : end))) return line
    if (end < 0) break
    from = end + 1
  }
  return line
}

function unreadable(path: string, cause: unknown): UserError {
  return new UserError('bad-deck', `${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, cause)
}
