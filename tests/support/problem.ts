import type { Reply } from './call.ts'

/** A problem without the one member that differs from answer to answer, to compare answers by. */
export function withoutRequestId(reply: Reply): object {
  const { request_id: _requestId, ...rest } = reply.body
  return { status: reply.status, contentType: reply.headers.get('content-type'), ...rest }
}
