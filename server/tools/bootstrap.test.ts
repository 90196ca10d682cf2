import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './machine.ts'

describe('node server/bootstrap.mjs', () => {
  it('lists every command when it is asked for help, or nothing at all', async () => {
    const [help, nothing] = await Promise.all([bootstrap('--help'), bootstrap()])
    expect(help.code).toBe(0)
    for (const command of ['present', 'replay', 'simulate', 'doctor', 'test', 'check']) expect(help.stdout).toContain(`  ${command} `)
    expect(nothing.stdout).toBe(help.stdout)
  })

  it('answers a misspelt command with one sentence, a suggestion and status 2', async () => {
    expect(await bootstrap('presnet')).toEqual({ code: 2, stdout: '', stderr: 'There is no command "presnet". Did you mean "present"?\n' })
  })

  it('answers a word that is nothing like a command with the commands there are', async () => {
    const { code, stderr } = await bootstrap('kubernetes')
    expect(code).toBe(2)
    expect(stderr).toMatch(/^There is no command "kubernetes"\. The commands are present, .*bench\.\n$/)
  })

  it('does not take what every object has for a command', async () => {
    expect((await bootstrap('constructor')).code).toBe(2)
  })
})

function bootstrap(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'server/bootstrap.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}
