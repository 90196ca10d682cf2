import { describe, expect, it } from 'vitest'
import { run } from '../shell.test-support.ts'

const pods = JSON.stringify({
  items: [
    { metadata: { name: 'b', labels: { app: 'web' } }, status: { phase: 'Running', restarts: 3 } },
    { metadata: { name: 'a', labels: { app: 'db' } }, status: { phase: 'Pending', restarts: 0 } },
    { metadata: { name: 'c', labels: { app: 'web' } }, status: { phase: 'Running', restarts: 7 } },
  ],
})

const jq = (args: string) => run(`echo '${pods}' | jq ${args}`, { image: 'nicolaka/netshoot:latest' })

describe('jq', () => {
  it.each([
    ["-r '.items[].metadata.name'", 'b\na\nc\n'],
    ['-c \'[.items[] | select(.status.phase == "Running") | .metadata.name]\'', '["b","c"]\n'],
    ['-r \'.items | sort_by(.metadata.name)[] | "\\(.metadata.name): \\(.status.restarts + 1)"\'', 'a: 1\nb: 4\nc: 8\n'],
    [
      "-c '.items | group_by(.metadata.labels.app) | map({app: .[0].metadata.labels.app, n: length})'",
      '[{"app":"db","n":1},{"app":"web","n":2}]\n',
    ],
    ["-c '.items[0].metadata.labels | to_entries, keys'", '[{"key":"app","value":"web"}]\n["app"]\n'],
    ["-r '.items[] | [.metadata.name, .status.restarts] | @tsv'", 'b\t3\na\t0\nc\t7\n'],
    ['\'.missing // "none"\'', '"none"\n'],
    ["'[.items[].status.restarts] | add, max, length'", '10\n7\n3\n'],
    ["--arg n a -r '.items[] | select(.metadata.name == $n).status.phase'", 'Pending\n'],
    ['-r \'.items[] | if .status.restarts > 5 then "bad" elif .status.restarts > 0 then "so" else "ok" end\'', 'so\nok\nbad\n'],
    ["-c 'reduce .items[] as $i ({}; . + {($i.metadata.name): $i.status.restarts})'", '{"b":3,"a":0,"c":7}\n'],
    ["'.items[1:] | length'", '2\n'],
    ["-c '.items[0].metadata | {name, app: .labels.app}'", '{"name":"b","app":"web"}\n'],
    ["'.items[0].metadata'", '{\n  "name": "b",\n  "labels": {\n    "app": "web"\n  }\n}\n'],
    ["'[..|numbers?] | length' 2>&1 | head -1", '0\n'],
    ["-r '.items[0].metadata.name | @base64'", 'Yg==\n'],
  ])('%s', async (args, out) => {
    expect((await jq(args)).out).toBe(out)
  })

  it('says what is wrong, in its words and with its statuses', async () => {
    expect(await jq("'.items.x'")).toMatchObject({ code: 5, err: 'jq: error (at <stdin>:0): Cannot index array with "x"\n' })
    expect(await jq("'.items['")).toMatchObject({ code: 3 })
    expect(await run('echo "{" | jq .', { image: 'nicolaka/netshoot:latest' })).toMatchObject({ code: 2 })
    expect(await jq("-e '.nothing'")).toMatchObject({ code: 1 })
    expect((await jq("'[range(1e9)] | length'")).err).toContain('too much to compute here')
  })
})
