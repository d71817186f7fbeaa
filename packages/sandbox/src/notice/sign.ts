import { toBeijingTime } from '../beijing-time.ts'
import { seal } from '../crypto/seal.ts'
import { newRequestId } from '../http/request-id.ts'
import { type SignatureKind, signatureHeaders } from '../keys/signature-headers.ts'
import { keyForNotice } from '../keys/signing-key.ts'
import type { Notice } from '../store/ledger.ts'
import type { World } from '../world.ts'

/** A POST that carries a notice. */
export interface SignedNotice {
  url: string
  headers: Record<string, string>
  body: string
}

/** The request that carries a notice; every call encrypts and signs anew, as every delivery does. */
export async function signNotice(
  world: World,
  notice: Notice,
  signature: SignatureKind = 'right',
): Promise<SignedNotice> {
  const resource = seal(world.credentials.apiV3Key, {
    plaintext: JSON.stringify(notice.content),
    associatedData: associatedDataOf(notice),
  })
  const body = JSON.stringify({
    id: notice.noticeId,
    create_time: toBeijingTime(notice.createdAt),
    resource_type: 'encrypt-resource',
    event_type: notice.eventType,
    summary: notice.summary,
    resource: { original_type: notice.originalType, ...resource },
  })
  const headers = {
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': 'Mozilla/4.0',
    'Request-ID': newRequestId(),
    ...(await signatureHeaders(world, body, { kind: signature, key: await keyForNotice(world) })),
  }
  return { url: notice.url, headers, body }
}

/** The type of the content; empty for an echo, and for a complaint as its document shows. */
function associatedDataOf({ originalType }: Notice): string {
  return originalType === 'security' || originalType === 'complaint' ? '' : originalType
}
