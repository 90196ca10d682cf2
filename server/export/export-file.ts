import { constants, rmSync } from 'node:fs'
import { access, type FileHandle, open, realpath, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../kernel/user-error.ts'

/** A file that is there as a whole or not at all: written beside its place, then moved there. */
export interface ExportFile {
  readonly write: (bytes: Uint8Array | string) => Promise<unknown>
  /** Puts it in its place. @returns its size in bytes */
  readonly keep: () => Promise<number>
  /** Takes away what has been written; harmless once it was kept. Nothing is awaited, so that it can be the last thing a process does. */
  readonly drop: () => void
}

/**
 * Whether a file may be written, before anything is done for it.
 * @param isOurs whether a file that is there already, from its first bytes, may be written over
 * @throws UserError 'bad-arguments'
 */
export async function checkTarget(path: string, kind: string, isOurs: (head: string) => boolean): Promise<void> {
  const folder = dirname(path)
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) throw unfit(`${path} is a folder. Name a file in it.`)
  if (found && !found.isFile()) throw unfit(`${path} is no plain file. Name one.`)
  const inside = await stat(folder).catch(() => undefined)
  if (!inside?.isDirectory()) throw unfit(`There is no folder ${folder}. Make it first, or name another file.`)
  await access(found ? dirname(await realpath(path)) : folder, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw unfit(`Nothing can be written in ${folder}. Name a file elsewhere.`, cause)
  })
  if (!found || found.size === 0) return
  const head = await headOf(path).catch((cause: unknown) => {
    throw unfit(`${path} is there and cannot be read. Name another file.`, cause)
  })
  if (!isOurs(head)) throw unfit(`${path} is there and is no ${kind} that can be replaced. Remove it, or name another file.`)
}

const unfit = (say: string, cause?: unknown): UserError => new UserError('bad-arguments', say, cause)

const HEAD_BYTES = 4096

async function headOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES))
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** @throws UserError when it cannot be written */
export async function createExportFile(path: string): Promise<ExportFile> {
  // Through a link, it is the file behind it that changes.
  const target = await realpath(path).catch(() => path)
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.part`)
  const failed = (cause: unknown): never => {
    throw new UserError('bad-arguments', `${path} could not be written: ${cause instanceof Error ? cause.message : String(cause)}.`, cause)
  }
  let file: FileHandle | undefined = await open(partial, 'wx', 0o666).catch(failed)
  let written = 0
  return {
    write: async (bytes) => {
      const chunk = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
      written += chunk.length
      await file?.appendFile(chunk).catch(failed)
    },
    keep: async () => {
      await file?.sync().catch(failed)
      await file?.close()
      file = undefined
      await rename(partial, target).catch(failed)
      return written
    },
    drop: () => rmSync(partial, { force: true }),
  }
}
