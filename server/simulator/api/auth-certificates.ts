import { rfc3339 } from '../../kernel/clock.ts'
import { isObject } from '../resources/draft.ts'
import type { CertificateSigner } from '../cluster-api.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Auth } from './auth.ts'
import type { User } from './call.ts'
import type { Operations } from './operations.ts'

const TABLE = 'certificates.k8s.io/v1/certificatesigningrequests'
/** Signers of certificates for clients. @see https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers */
const SIGNERS = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/kube-apiserver-client-kubelet']
/** What the controller manager gives at most: `--cluster-signing-duration`. */
const LONGEST_SECONDS = 365 * 24 * 3600

/** Who asks is for the server to say, and written into the request. */
export function withRequestor(table: string, object: JsonObject, { name, uid, groups, extra }: User): JsonObject {
  if (table !== TABLE) return object
  const spec = isObject(object['spec']) ? object['spec'] : {}
  return { ...object, spec: { ...spec, username: name, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) } }
}

/** Says of conditions that are new when they came, as approving and denying do. */
export function withTransitions(table: string, object: JsonObject, now: number): JsonObject {
  const status = object['status']
  if (table !== TABLE || !isObject(status)) return object
  const at = rfc3339(now)
  return {
    ...object,
    status: {
      ...status,
      conditions: conditionsOf(status).map((condition) => ({
        ...condition,
        lastUpdateTime: condition['lastUpdateTime'] ?? at,
        lastTransitionTime: condition['lastTransitionTime'] ?? at,
      })),
    },
  }
}

/** Signs certificate requests once they are approved. @returns stops it */
export function startSigning(operations: Operations, auth: Auth, sign: CertificateSigner): () => void {
  const busy = new Set<string>()
  const look = (object: StoredObject): void => {
    const { uid = '', name = '' } = object.metadata
    const spec = isObject(object['spec']) ? object['spec'] : {}
    const status = isObject(object['status']) ? object['status'] : {}
    const decided = conditionsOf(status).map(({ type }) => type)
    if (
      busy.has(uid) ||
      status['certificate'] !== undefined ||
      !decided.includes('Approved') ||
      decided.includes('Denied') ||
      decided.includes('Failed')
    )
      return
    if (!SIGNERS.includes(String(spec['signerName']))) return
    busy.add(uid)
    const seconds = Math.min(Number(spec['expirationSeconds'] ?? LONGEST_SECONDS), LONGEST_SECONDS)
    void sign(atob(String(spec['request'] ?? '')), seconds)
      .then(({ certificate, fingerprint }) => {
        auth.trust(fingerprint)
        return { certificate: btoa(certificate) }
      })
      .catch((error: unknown) => ({ conditions: [...conditionsOf(status), failed(operations, error)] }))
      .then((more: JsonObject) => {
        busy.delete(uid)
        const current = operations.store.get(TABLE, undefined, name)
        if (current?.metadata.uid !== uid) return
        operations.update(
          operations.registry.ofKind('CertificateSigningRequest'),
          undefined,
          name,
          { ...current, status: { ...(current['status'] as JsonObject | undefined), ...more } },
          'status',
        )
      })
      .catch(operations.platform.report)
  }
  return operations.store.watch(TABLE, [], ({ type, object }) => {
    if (type !== 'DELETED') look(object)
  })
}

function conditionsOf(status: JsonObject): readonly JsonObject[] {
  const conditions: JsonValue | undefined = status['conditions']
  return Array.isArray(conditions) ? conditions.filter(isObject) : []
}

function failed(operations: Operations, error: unknown): JsonObject {
  const at = rfc3339(operations.platform.clock.now())
  return {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message: error instanceof Error ? error.message : String(error),
    lastUpdateTime: at,
    lastTransitionTime: at,
  }
}
