import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../kernel/user-error.ts'

const MAX_BYTES = 4 * 1024 * 1024

/** The text of a deck, or of a folder's `deck.md`. @throws UserError 'bad-deck' */
export async function readDeckFile(path: string): Promise<string> {
  return readText(await findDeck(path), path)
}

/** @param path as the person named it @throws UserError 'bad-deck' when it cannot be read or is not text */
export async function readText(file: string, path: string): Promise<string> {
  return decode(await readFile(file).catch((cause: unknown) => Promise.reject(unreadable(path, cause))), path)
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
