import { describe, expect, it } from 'vitest'
import { findSome, findTools, kubectlVersion } from './find-tools.ts'

describe('kubectl', () => {
  it('says its version as JSON, with whatever a vendor adds', () => {
    expect(kubectlVersion('{"clientVersion":{"gitVersion":"v1.32.4-dispatcher"}}')).toBe('1.32.4')
    expect(kubectlVersion('{"clientVersion":{"gitVersion":"v1.20.2"}}')).toBe('1.20.2')
  })

  it('that says something else has no version', () => {
    expect(kubectlVersion('Client Version: v1.20')).toBeUndefined()
    expect(kubectlVersion('{"clientVersion":{}}')).toBeUndefined()
  })
})

describe('looking for tools', () => {
  it('answers for each of them, with a path or with why not and how to get it', async () => {
    const tools = await findTools()
    expect(Object.keys(tools).toSorted()).toEqual([
      'bubblewrap',
      'chromium',
      'editor',
      'iproute2',
      'kubectl',
      'prometheus',
      'promtool',
      'socat',
      'vmagent',
    ])
    for (const finding of Object.values(tools)) {
      if (finding.found) expect(finding.path).toMatch(/^\//)
      else expect(finding.why && finding.howToGet).not.toBe('')
    }
  })

  it('takes the browser that CHROMIUM names', async () => {
    process.env['CHROMIUM'] = process.execPath
    const { chromium } = await findSome(['chromium'])
    delete process.env['CHROMIUM']
    expect(chromium).toMatchObject({ found: true, path: process.execPath })
  })
})
