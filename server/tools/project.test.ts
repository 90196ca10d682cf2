import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needsOf } from './prepare.ts'
import { fingerprint, isInstalled } from './project.ts'

const lock = (packages: object): string => JSON.stringify({ packages })

describe('whether packages are installed', () => {
  const lockfile = lock({
    '': { version: '0.1.0' },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/build-for-macs': { version: '1.0.0', optional: true },
  })

  it('compares what npm says it installed with the lockfile, builds for other platforms aside', () => {
    expect(isInstalled(lockfile, lock({ 'node_modules/zod': { version: '4.6.7' } }))).toBe(true)
    expect(isInstalled(lockfile, lock({ 'node_modules/zod': { version: '4.6.6' } }))).toBe(false)
    expect(isInstalled(lockfile, lock({}))).toBe(false)
  })

  it('is no while there is no account of a finished installation', () => {
    expect(isInstalled(lockfile, undefined)).toBe(false)
  })
})

describe('the fingerprint of the client’s sources', () => {
  it('changes with a file’s content and with its name, not with a test', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deckhand-fingerprint-'))
    writeFileSync(join(folder, 'a.ts'), 'one')
    const before = await fingerprint([folder])
    writeFileSync(join(folder, 'a.test.ts'), 'a test')
    expect(await fingerprint([folder])).toBe(before)
    writeFileSync(join(folder, 'a.ts'), 'two')
    const changed = await fingerprint([folder])
    expect(changed).not.toBe(before)
    writeFileSync(join(folder, 'b.ts'), '')
    expect(await fingerprint([folder])).not.toBe(changed)
    rmSync(folder, { recursive: true })
  })
})

describe('what a command needs', () => {
  it('is everything for a workshop, and no tools for a simulated cluster alone', () => {
    expect(needsOf('present', []).tools).toContain('prometheus')
    expect(needsOf('simulate', ['--kubeconfig', 'x']).tools).toEqual([])
  })

  it('is next to nothing for its help', () => {
    expect(needsOf('present', ['--help'])).toMatchObject({ client: false, tools: [] })
  })
})
