import { describe, expect, it } from 'vitest'
import { isAtLeast, lastWords, onPath, run, versionIn } from './machine.ts'

describe('versions', () => {
  it('compare number by number, not letter by letter', () => {
    expect(isAtLeast('1.9.0', '1.30.0')).toBe(false)
    expect(isAtLeast('1.30', '1.30.0')).toBe(true)
    expect(isAtLeast('24.0.2', '24.3.0')).toBe(false)
    expect(isAtLeast('26.10.0', '24.3.0')).toBe(true)
  })

  it('are found in what a program says', () => {
    expect(versionIn('prometheus, version 2.42.0+ds (branch: debian/sid)')).toBe('2.42.0')
    expect(versionIn('bubblewrap 0.8.0')).toBe('0.8.0')
    expect(versionIn('no idea')).toBeUndefined()
  })
})

describe('a program that is run', () => {
  it('and is missing is one that failed, and says so', async () => {
    expect(await run('no-such-program-here', [])).toMatchObject({ ok: false, stderr: expect.stringContaining('ENOENT') })
  })

  it('has nothing to read and can therefore not wait for an answer', async () => {
    expect(await run('cat', [])).toMatchObject({ ok: true, stdout: '' })
  })

  it('is found in the order of PATH', () => {
    expect(onPath('sh', '/nowhere:/bin')).toEqual(['/bin/sh'])
  })
})

describe("a program's last words", () => {
  it('are its last line that says something, without prefix and without addresses', () => {
    const npm =
      'npm error code E404\nnpm error 404 Not Found - GET https://registry.example/x\nnpm error A complete log of this run can be found in: /x\n'
    expect(lastWords(npm)).toBe('404 Not Found - GET (address)')
    expect(lastWords('')).toBe('it said nothing')
  })
})
