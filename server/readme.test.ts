import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

describe('the README', () => {
  it.each(commandsIn('sh run'))('can be believed when it says: %s', async (line) => {
    const { output } = await shell(line)
    expect(output).not.toMatch(/There is no command|not part of this version/)
    expect(output.split('\n').length).toBeGreaterThan(3)
  })

  it.each(startedCommands())('asks %s only for options that it has: %j', async (command, options) => {
    const { output } = await shell(`node server/bootstrap.mjs ${command} --help`)
    for (const option of options) expect(output).toContain(option)
  })

  it.each(npmScripts())('names the script %s, which there is', (script) => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    expect(Object.keys(scripts)).toContain(script)
  })

  it.each(localLinks())('links to %s, which exists', (path) => {
    expect(existsSync(join(root, path))).toBe(true)
  })
})

/** Every line of the fenced blocks with exactly this info string. */
function commandsIn(info: string): string[] {
  return [...readme.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, body]) =>
    found === info ? (body ?? '').trim().split('\n') : [],
  )
}

/** The commands of ours that the README shows, each with the options it gives them. */
function startedCommands(): [string, string[]][] {
  return [...commandsIn('sh'), ...commandsIn('sh run')].flatMap((line): [string, string[]][] => {
    const command = line.startsWith('npm start') ? 'present' : /^node server\/bootstrap\.mjs (\w+)/.exec(line)?.[1]
    const options = [...line.matchAll(/ (--[a-z][a-z-]*)/g)].map(([, option]) => option ?? '')
    return command && options.length > 0 ? [[command, options]] : []
  })
}

function npmScripts(): string[] {
  const named = [...`${readme}${contributing}`.matchAll(/\bnpm (?:run )?(start|test|check|bench|build)\b/g)].map(
    ([, script]) => script ?? '',
  )
  return [...new Set(named)]
}

function localLinks(): string[] {
  return [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '')
}

function shell(line: string): Promise<{ output: string }> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', line], { cwd: root }, (_, stdout, stderr) => resolve({ output: stdout + stderr }))
  })
}
