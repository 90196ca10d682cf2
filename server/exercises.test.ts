import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchCheck } from './checks/watch-check.ts'
import type { ClusterLease, ClusterProvider } from './clusters/lease.ts'
import { createSimulatedProvider } from './clusters/simulated/simulated-provider.ts'
import { loadDeck } from './deck/load-deck.ts'
import { personalise } from './deck/personalise.ts'
import type { CheckBlock } from './protocol/blocks.ts'
import type { CheckState } from './protocol/live-block.ts'

const root = join(import.meta.dirname, '..')
const { deck } = await loadDeck(join(root, 'slides/kubernetes-monitoring/deck.md'), root)
const exercises = personalise(deck, { number: '00', name: 'Ada' }).slides.flatMap(({ id, blocks }) => {
  const check = blocks.find((block) => block.kind === 'check')
  const sources = (role?: string) =>
    blocks.flatMap((block) => (block.kind === 'command' && block.role === role ? [block.source] : [])).join('\n')
  return check ? [{ id, check, begin: sources(), wrong: sources('wrong'), solution: sources('solution') }] : []
})

const replace = (kind: string, path: string, value: unknown) =>
  `kubectl patch ${kind} --type=json -p '${JSON.stringify([{ op: 'replace', path, value }])}'`
const merge = (kind: string, patch: unknown) => `kubectl patch ${kind} --type=merge -p '${JSON.stringify(patch)}'`
const volume = (storageClassName: string, storage: string) =>
  `kubectl apply -f - <<'EOF'\n${JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'mine' },
    spec: { storageClassName, capacity: { storage }, accessModes: ['ReadWriteOnce', 'ReadWriteMany'], hostPath: { path: '/srv/mine' } },
  })}\nEOF`
const storageClass = (name: string) =>
  `kubectl apply -f - <<'EOF'\n${JSON.stringify({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
  })}\nEOF`
const container = '/spec/template/spec/containers/0'

/** What learners do besides the solution: fixes that are as good, and what is none, with what the check then says. */
const attempts: Readonly<Record<string, { right: readonly string[]; wrong: readonly (readonly [commands: string, says: RegExp])[] }>> = {
  'why-not-running': {
    right: [volume('manual', '10Gi'), storageClass('manual')],
    wrong: [
      [volume('fast', '10Gi'), /^Claim prometheus-data is Pending\.$/],
      [volume('manual', '1Gi'), /^Claim prometheus-data is Pending\.$/],
      ['kubectl -n monitoring rollout restart deployment prometheus', /^Claim prometheus-data is Pending\.$/],
      [
        'kubectl -n monitoring delete deployment prometheus --cascade=foreground',
        /^There are no pods with app=prometheus in the namespace monitoring yet\.$/,
      ],
    ],
  },
  'too-big': {
    right: [
      'kubectl set resources deployment too-big --requests=cpu=100m',
      `kubectl patch deployment too-big --type=json -p '[{"op":"remove","path":"${container}/resources"}]'`,
      'sed "s/\\"64\\"/1/" problems/01-too-big.yaml | kubectl apply -f -',
      'kubectl get deployment too-big -o yaml | sed "s/cpu: .*/cpu: 500m/" | kubectl replace --force -f -',
    ],
    wrong: [
      ['kubectl delete pod -l app=too-big', /^Deployment too-big: its one pod is not ready\.$/],
      ['kubectl delete deployment too-big', /^There is no deployment too-big yet\.$/],
      ['kubectl set resources deployment too-big --requests=cpu=8', /^Deployment too-big: its one pod is not ready\.$/],
    ],
  },
  'impatient': {
    right: [
      replace('deployment impatient', `${container}/livenessProbe/httpGet/port`, 80),
      merge('deployment impatient', {
        spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:alpine', livenessProbe: { tcpSocket: { port: 80 } } }] } } },
      }),
      'sed s/8080/http/ problems/02-impatient.yaml | kubectl apply -f -',
    ],
    wrong: [
      [replace('deployment impatient', `${container}/livenessProbe/failureThreshold`, 1000), /livenessProbe\.\*\.port is 8080\.$/],
      [replace('deployment impatient', `${container}/ports/0/containerPort`, 8080), /livenessProbe\.\*\.port is 8080\.$/],
    ],
  },
  'unreachable': {
    right: [
      [
        replace('service unreachable', '/spec/selector/app', 'unreachable'),
        replace('service unreachable', '/spec/ports/0/targetPort', 80),
        replace('deployment unreachable', `${container}/readinessProbe/httpGet/port`, 80),
      ].join('\n'),
      [
        'kubectl set selector service unreachable app=unreachable',
        replace('service unreachable', '/spec/ports/0/targetPort', 'http'),
        replace('deployment unreachable', `${container}/readinessProbe`, { tcpSocket: { port: 'http' } }),
      ].join('\n'),
    ],
    wrong: [
      [replace('deployment unreachable', `${container}/readinessProbe/httpGet/port`, 80), /selector\.app is reachable\.$/],
      [
        `${replace('deployment unreachable', `${container}/readinessProbe/httpGet/port`, 80)}; kubectl set selector service unreachable app=unreachable`,
        /^The cluster says: .*(refused|dial tcp)/,
      ],
      [
        `kubectl patch deployment unreachable --type=json -p '[{"op":"remove","path":"${container}/readinessProbe"}]'`,
        /has no containers\[0\]\.readinessProbe\.$/,
      ],
    ],
  },
  'stuck-init': {
    right: [
      `kubectl create configmap anything --from-literal=ready=yes
${merge('deployment stuck-init', {
  spec: {
    template: {
      spec: {
        initContainers: [
          {
            name: 'wait-for-settings',
            image: 'alpine',
            command: ['sh', '-c', 'cat /settings/ready'],
            volumeMounts: [{ name: 's', mountPath: '/settings' }],
          },
        ],
        volumes: [{ name: 's', configMap: { name: 'anything' } }],
      },
    },
  },
})}`,
      merge('deployment stuck-init', {
        spec: {
          template: {
            spec: {
              initContainers: [
                {
                  name: 'make',
                  image: 'alpine',
                  command: ['sh', '-c', 'echo yes > /settings/ready'],
                  volumeMounts: [{ name: 's', mountPath: '/settings' }],
                },
                {
                  name: 'wait-for-settings',
                  image: 'alpine',
                  command: ['sh', '-c', 'cat /settings/ready'],
                  volumeMounts: [{ name: 's', mountPath: '/settings' }],
                },
              ],
              volumes: [{ name: 's', emptyDir: {} }],
            },
          },
        },
      }),
    ],
    wrong: [
      [replace('deployment stuck-init', '/spec/template/spec/initContainers/0/command', ['true']), /command\[2\]/],
      ['kubectl create configmap settings --from-literal=ready=yes', /^Deployment stuck-init: its one pod is not ready\.$/],
    ],
  },
  'no-volume': {
    right: [
      volume('fast', '5Gi'),
      storageClass('fast'),
      `${storageClass('standard')}\nkubectl delete -f problems/05-no-volume.yaml --wait=false; sleep 1; sed "s/storageClassName: fast/storageClassName: standard/" problems/05-no-volume.yaml | kubectl apply -f -`,
    ],
    wrong: [
      [volume('manual', '5Gi'), /^Claim no-volume is Pending\.$/],
      [volume('fast', '500Mi'), /^Claim no-volume is Pending\.$/],
      [replace('deployment no-volume', '/spec/template/spec/volumes/0', { name: 'data', emptyDir: {} }), /^Claim no-volume is Pending\.$/],
    ],
  },
  'misspelt': {
    right: [
      'kubectl set image deployment/misspelt web=nginx',
      'kubectl set image deployment/misspelt web=docker.io/library/nginx:1.27',
      'sed s/ngnix/nginx/ problems/06-misspelt.yaml | kubectl apply -f -',
    ],
    wrong: [
      ['kubectl set image deployment/misspelt web=httpd:alpine', /containers\[0\]\.image is httpd:alpine\.$/],
      ['kubectl delete pod -l app=misspelt', /containers\[0\]\.image is ngnix:alpine\.$/],
      ['kubectl set image deployment/misspelt web=nginx:no-such-tag', /^Deployment misspelt: its one pod is not ready\.$/],
    ],
  },
  'hungry': {
    right: [
      'kubectl set resources deployment hungry --limits=memory=200Mi',
      'kubectl set resources deployment hungry --limits=memory=1500Mi --requests=memory=150Mi',
      'kubectl set resources deployment hungry --limits=memory=300M',
      'kubectl set resources deployment hungry --limits=memory=0.5Gi',
    ],
    wrong: [
      ['kubectl set resources deployment hungry --limits=memory=128Mi', /resources\.limits\.memory is 128Mi\.$/],
      [
        `kubectl patch deployment hungry --type=json -p '[{"op":"remove","path":"${container}/resources"}]'`,
        /has no containers\[0\]\.resources\.limits\.memory\.$/,
      ],
      [
        `${replace('deployment hungry', `${container}/command/4`, '50M')}; kubectl set resources deployment hungry --limits=memory=256Mi`,
        /command\[4\] is 50M\.$/,
      ],
    ],
  },
  'no-settings': {
    right: ['kubectl create configmap no-settings --from-literal=GREETING=hello', 'kubectl create configmap no-settings'],
    wrong: [
      [
        replace('deployment no-settings', `${container}/envFrom/0/configMapRef`, { name: 'no-settings', optional: true }),
        /^There is no config map no-settings yet\.$/,
      ],
      ['kubectl create secret generic no-settings --from-literal=GREETING=hello', /^There is no config map no-settings yet\.$/],
      ['kubectl create configmap settings --from-literal=GREETING=hello', /^There is no config map no-settings yet\.$/],
    ],
  },
  'lost': {
    right: [
      'kubectl -n kube-system delete networkpolicy tidy-up',
      'kubectl -n kube-system patch networkpolicy tidy-up --type=json -p \'[{"op":"replace","path":"/spec/ingress","value":[{}]}]\'',
      'kubectl -n kube-system patch networkpolicy tidy-up --type=json -p \'[{"op":"replace","path":"/spec/ingress/0/from/0","value":{"namespaceSelector":{}}}]\'',
    ],
    wrong: [
      ['kubectl rollout restart deployment lost', /^Deployment lost: its one pod is not ready\.$/],
      [
        `kubectl patch deployment lost --type=json -p '[{"op":"remove","path":"${container}/readinessProbe"}]'`,
        /has no containers\[0\]\.readinessProbe\.exec\.command\[0\]\.$/,
      ],
      [merge('deployment lost', { spec: { template: { spec: { dnsPolicy: 'Default' } } } }), /dnsPolicy is Default\.$/],
    ],
  },
  'homesick': {
    right: [
      'kubectl annotate node workshop-vm-00-01 simulator.deckhand.dev/fault-',
      'kubectl annotate node workshop-vm-00-01 --overwrite simulator.deckhand.dev/fault=',
    ],
    wrong: [
      ['kubectl scale deployment homesick --replicas=1', /^Node workshop-vm-00-01: Ready is (False|Unknown) \(.+\)\.$/],
      ['kubectl delete node workshop-vm-00-01', /^There is 1 node\.$/],
      [
        `kubectl patch deployment homesick --type=json -p '[{"op":"remove","path":"/spec/template/spec/affinity"}]'`,
        /^Node workshop-vm-00-01: Ready is (False|Unknown) \(.+\)\.$/,
      ],
    ],
  },
}

/** Every exercise on one cluster, in the deck's order, as attendees do them in their own ways; a rehearsal does them by the deck's. */
describe("the workshop's exercises", { timeout: 120_000 }, () => {
  let clusters: ClusterProvider
  let lease: ClusterLease
  let folder: string

  beforeAll(async () => {
    const worker = new URL('./simulator-worker.ts', import.meta.url)
    clusters = createSimulatedProvider({
      worker,
      report: (error) => {
        throw error
      },
    })
    lease = await clusters.lease({ number: 0, name: 'Ada' })
    folder = await mkdtemp(join(tmpdir(), 'deckhand-exercises-'))
    await writeFile(join(folder, 'kubeconfig'), lease.kubeconfigFor(lease.api))
    await run('kubectl apply -f prometheus/')
  })
  afterAll(async () => {
    await clusters.close()
    await rm(folder, { recursive: true })
  })

  it('are ten and the showpiece, each with a wrong fix and a solution', () => {
    expect(exercises.map(({ id }) => id)).toEqual(Object.keys(attempts))
    for (const { wrong, solution } of exercises) expect([wrong, solution]).not.toContain('')
  })

  it.each(exercises)('$id: takes every good fix, and says of each other why it is none', async ({ id, check, begin, solution }) => {
    const { right = [], wrong = [] } = attempts[id] ?? {}
    await run(begin)
    const said: unknown[] = []
    for (const [commands, says] of [...right.map((commands) => [commands, undefined] as const), ...wrong]) {
      const back = await lease.remember?.()
      const printed = await run(commands)
      const { met, conditions } = await aMinuteLater(check)
      const found = conditions.filter((condition) => !condition.met).map((condition) => condition.found ?? '')
      if (met !== (says === undefined) || (says && !found.some((why) => says.test(why)))) said.push({ commands, printed, met, found })
      await back?.()
    }
    expect(said).toEqual([])
    await run(solution)
    expect(await aMinuteLater(check)).toMatchObject({ met: true })
  })

  /** Types lines into a shell in the lab's folder; their exit status is theirs. */
  function run(lines: string): Promise<string> {
    return new Promise((done) => {
      const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') }
      const told = (_: unknown, out: string, errors: string) => done(out + errors)
      execFile('bash', ['-c', lines], { cwd: join(root, 'manifests/workshop'), env }, told)
    })
  }

  /** How the check stands when the cluster has had time for what was done to it. */
  async function aMinuteLater(check: CheckBlock): Promise<CheckState> {
    await lease.fastForward?.(60_000, undefined, () => {})
    return new Promise((done) => {
      const stop = watchCheck({ api: lease.client, query: () => () => {} }, check, (state) => {
        queueMicrotask(() => stop())
        done(state)
      })
    })
  }
})
