import type { AnswerReader } from '../../server/answering/answer-reader.ts'
import type { AnswerStream } from '../../server/answering/answer-stream.ts'
import { shareAnswer } from '../../server/answering/shared-answer.ts'
import { describeProblem, toAppError } from '../../server/http/problem-details.ts'
import { createLog } from '../../server/platform/log.ts'

/** The only reader of an answer; when it leaves, the answer is left. */
export function readAlone(stream: AnswerStream, requestId = ''): AnswerReader {
  return shareAnswer({
    stream,
    graceMs: 0,
    describeFailure: (thrown) => describeProblem(toAppError(thrown), requestId),
    log: createLog({ level: 'silent', destination: { write: () => undefined } }),
  }).read(0)
}
