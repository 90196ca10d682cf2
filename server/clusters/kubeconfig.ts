import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { UserError } from '../kernel/user-error.ts'
import type { Address } from './lease.ts'

/** The fields that we read or replace; everything else goes through unchanged. Source: k8s.io/client-go/tools/clientcmd/api/v1/types.go */
const Cluster = z.looseObject({
  server: z.url(),
  'tls-server-name': z.string().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.base64().optional(),
})
const User = z.looseObject({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.base64().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.base64().optional(),
  exec: z.unknown().optional(),
  'auth-provider': z.unknown().optional(),
})
const Kubeconfig = z.looseObject({
  kind: z.literal('Config').optional(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: Cluster })),
  users: z.array(z.looseObject({ name: z.string(), user: User.nullish() })),
  contexts: z.array(z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string() }) })),
  'current-context': z.string().min(1),
})

/** A kubeconfig reduced to its current context, with what it referred to in files inside it. */
export interface ClusterAccess {
  /** The file's name without its ending. */
  readonly name: string
  readonly api: Address
  /** What TLS clients have to ask for and check, whatever address they reach the API at. */
  readonly serverName: string
  /** The path of the server's URL, when the API is not at its root. */
  readonly basePath: string
  readonly certificateAuthority: Buffer | undefined
  readonly insecure: boolean
  readonly user: z.infer<typeof User>
  kubeconfigFor(at: Address): string
}

const mostBytes = 1024 * 1024

/** Reads one kubeconfig. It is not trusted until it has been read. @throws UserError 'bad-kubeconfig', naming the file */
export async function readKubeconfig(file: string): Promise<ClusterAccess> {
  const wrong = (why: string, cause?: unknown) =>
    new UserError('bad-kubeconfig', `${file} cannot be used as a kubeconfig: ${why}. Correct it, or take it out of the folder.`, cause)
  const config = await parseKubeconfig(file, wrong)
  const context = config.contexts.find(({ name }) => name === config['current-context'])
  if (!context) throw wrong(`its current-context "${config['current-context']}" is not among its contexts`)
  const cluster = config.clusters.find(({ name }) => name === context.context.cluster)
  if (!cluster) throw wrong(`its context "${context.name}" names a cluster "${context.context.cluster}" that is not there`)
  const user = config.users.find(({ name }) => name === context.context.user)
  if (!user) throw wrong(`its context "${context.name}" names a user "${context.context.user}" that is not there`)
  refusePrograms(user.name, user.user ?? {}, wrong)
  const server = new URL(cluster.cluster.server)
  if (server.protocol !== 'https:') throw wrong(`its server ${cluster.cluster.server} is not an https:// address`)

  const inlinedCluster = await inlineCluster(cluster.cluster, file, wrong)
  const inlinedUser = await inlineUser(user.user ?? {}, file, wrong)
  const host = server.hostname.replace(/^\[|\]$/g, '')
  const serverName = cluster.cluster['tls-server-name'] ?? host
  const data = inlinedCluster['certificate-authority-data']
  return {
    name: basename(file).replace(/\.(ya?ml|conf|kubeconfig|config)$/, ''),
    api: { host, port: Number(server.port || 443) },
    serverName,
    basePath: server.pathname.replace(/\/$/, ''),
    certificateAuthority: data === undefined ? undefined : Buffer.from(data, 'base64'),
    insecure: inlinedCluster['insecure-skip-tls-verify'] ?? false,
    user: inlinedUser,
    kubeconfigFor(at) {
      const direct = at.host === host
      const authority = `${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}`
      const replaced = {
        ...inlinedCluster,
        server: `https://${authority}${server.pathname.replace(/\/$/, '')}`,
        ...(direct ? {} : { 'tls-server-name': serverName }),
      }
      const clusters = [{ ...cluster, cluster: replaced }]
      return stringify(
        { apiVersion: 'v1', kind: 'Config', ...config, clusters, users: [{ ...user, user: inlinedUser }], contexts: [context] },
        { lineWidth: 0 },
      )
    },
  }
}

/**
 * A kubeconfig may name a program that fetches the credentials. We run none on the operator's machine, and an attendee's
 * shell has neither the program nor the operator's login that it needs.
 */
function refusePrograms(name: string, user: z.infer<typeof User>, wrong: Wrong): void {
  for (const way of ['exec', 'auth-provider'] as const) {
    if (user[way] === undefined || user[way] === null) continue
    throw wrong(
      `its user "${name}" signs in by running a program (${way}), which is neither run here nor handed to attendees; give it a token or a client certificate`,
    )
  }
}

type Wrong = (why: string, cause?: unknown) => UserError

async function parseKubeconfig(file: string, wrong: Wrong): Promise<z.infer<typeof Kubeconfig>> {
  let content: unknown
  try {
    const text = await readBounded(file)
    content = parse(text.toString(), { maxAliasCount: 0 })
  } catch (cause) {
    throw wrong(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), cause)
  }
  const read = Kubeconfig.safeParse(content)
  if (read.success) return read.data
  const issue = read.error.issues[0]
  throw wrong(issue && issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : 'it is not a kubeconfig', read.error)
}

async function inlineCluster(cluster: z.infer<typeof Cluster>, file: string, wrong: Wrong): Promise<z.infer<typeof Cluster>> {
  const { 'certificate-authority': path, ...rest } = cluster
  if (path === undefined || rest['certificate-authority-data'] !== undefined) return rest
  return { ...rest, 'certificate-authority-data': await readPem(path, file, wrong) }
}

async function inlineUser(user: z.infer<typeof User>, file: string, wrong: Wrong): Promise<z.infer<typeof User>> {
  const { 'client-certificate': certificate, 'client-key': key, tokenFile, ...rest } = user
  const inlined: z.infer<typeof User> = { ...rest }
  if (certificate !== undefined) inlined['client-certificate-data'] ??= await readPem(certificate, file, wrong)
  if (key !== undefined) inlined['client-key-data'] ??= await readPem(key, file, wrong)
  if (tokenFile !== undefined) inlined.token ??= (await readBeside(tokenFile, file, wrong)).toString().trim()
  return inlined
}

async function readPem(path: string, file: string, wrong: Wrong): Promise<string> {
  const content = await readBeside(path, file, wrong)
  if (!content.includes('-----BEGIN ')) throw wrong(`${path}, which it refers to, is not a PEM file`)
  return content.toString('base64')
}

/** Opened without waiting, for a named pipe would be waited for without end. */
async function readBounded(file: string): Promise<Buffer> {
  const opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = await opened.stat()
    if (!status.isFile()) throw new Error('it is not a file')
    if (status.size > mostBytes) throw new Error('it is larger than 1 MB')
    return await opened.readFile()
  } finally {
    await opened.close()
  }
}

/** What is inlined is handed to an attendee, so only files in the kubeconfig's own folder, or below it, are read. */
async function readBeside(path: string, file: string, wrong: Wrong): Promise<Buffer> {
  try {
    const folder = await realpath(dirname(file))
    const real = await realpath(resolve(folder, path))
    const inside = relative(folder, real)
    if (inside.startsWith('..') || isAbsolute(inside)) throw new Error("it lies outside the kubeconfig's folder")
    return await readBounded(real)
  } catch (cause) {
    throw wrong(`${path}, which it refers to, cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}
