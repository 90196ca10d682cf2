import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, truncateSync, writeSync } from 'node:fs'
import { z } from 'zod'
import { UserError } from '../../kernel/user-error.ts'
import type { StoreContents, StoreEvent } from '../../simulator/store/store.ts'
import type { StoredObject } from '../../simulator/resources/object.ts'

/** The first line: which format follows, and from which revision. */
const Header = z.strictObject({ deckhand: z.literal('objects'), format: z.literal(1), revision: z.int().min(0) })
const Metadata = z.looseObject({ name: z.string(), namespace: z.string().optional() })
const SavedObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata })
/** An object as it is from this revision on, or (null) the name of one that is gone. */
const Line = z.union([
  z.tuple([z.int().min(0), z.string(), SavedObject]),
  z.tuple([z.int().min(0), z.string(), z.null(), z.string(), z.string()]),
])

/** The file is written anew when what has been added is this much, and more than what it began with. */
const compactFrom = 4_000_000

export interface JournalFile {
  /** Forgets what was written before: from now on the cluster is this. Whole or not at all, whatever happens meanwhile. */
  begin(contents: () => StoreContents): void
  /** Writes one change down. It is there when this returns, also if the process is killed then; a power cut may take it. @throws when the disk is full */
  change(event: StoreEvent): void
  close(): void
}

/**
 * What a file of objects says. A last line that was not written to its end was never acknowledged: it is cut off.
 * @returns undefined when there is no file @throws UserError for anything else than what `openJournal` writes
 */
export function readJournal(file: string): StoreContents | undefined {
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  const end = text.lastIndexOf('\n') + 1
  const [first = '', ...lines] = text.slice(0, end).split('\n').slice(0, -1)
  const parse = <T>(schema: z.ZodType<T>, line: string, number: number): T => {
    try {
      return schema.parse(JSON.parse(line))
    } catch (cause) {
      throw new UserError(
        'bad-state',
        `The saved cluster in ${file} cannot be read: line ${number} is damaged. Move the file away to begin anew, or restore it from a copy.`,
        cause,
      )
    }
  }
  let { revision } = parse(Header, first, 1)
  const objects = new Map<string, { table: string; object: StoredObject }>()
  for (const [index, line] of lines.entries()) {
    const [at, table, object, ...gone] = parse(Line, line, index + 2)
    revision = Math.max(revision, at)
    if (object === null) objects.delete(`${table} ${gone.join('/')}`)
    else
      objects.set(`${table} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, {
        table,
        object: object as unknown as StoredObject,
      })
  }
  if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)))
  return { revision, objects: objects.values() }
}

/** Keeps a file of objects: one line for each, then one for each change. @throws when it cannot be written */
export function openJournal(file: string): JournalFile {
  let descriptor: number | undefined
  let contentsOf: () => StoreContents = () => ({ revision: 0, objects: [] })
  let size = 0
  let began = 0
  let added = 0

  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  const rewrite = () => {
    const { revision, objects } = contentsOf()
    const lines = [JSON.stringify({ deckhand: 'objects', format: 1, revision } satisfies z.infer<typeof Header>)]
    for (const { table, object } of objects) lines.push(JSON.stringify([Number(object.metadata.resourceVersion ?? 0), table, object]))
    const text = `${lines.join('\n')}\n`
    const fresh = openSync(`${file}.new`, 'a', 0o600)
    ftruncateSync(fresh)
    writeWhole(fresh, text)
    fsyncSync(fresh)
    renameSync(`${file}.new`, file)
    close()
    descriptor = fresh
    began = text.length
    size = Buffer.byteLength(text)
    added = 0
  }
  return {
    begin(contents) {
      contentsOf = contents
      rewrite()
    },
    change({ revision, table, type, object }) {
      if (descriptor === undefined) throw new Error('The journal is closed.')
      if (added > Math.max(compactFrom, began)) rewrite()
      const { namespace = '', name = '' } = object.metadata
      const line = `${JSON.stringify(type === 'DELETED' ? [revision, table, null, namespace, name] : [revision, table, object])}\n`
      try {
        writeWhole(descriptor, line)
      } catch (error) {
        // Half a line would spoil those after it.
        ftruncateSync(descriptor, size)
        throw error
      }
      size += Buffer.byteLength(line)
      added += line.length
    },
    close,
  }
}

/** At the file's end: it is opened for appending. */
function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written)
}
