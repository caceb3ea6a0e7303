import { crc32, deflateRawSync, deflateSync } from 'node:zlib'

/** A PDF of the given pages, each a list of lines (ASCII). */
export function makePdf(pages: string[][], options: { encrypted?: boolean; bombBytes?: number } = {}): Buffer {
  const objects: (string | Buffer)[] = []
  const add = (body: string | Buffer): number => objects.push(body)
  add('<< /Type /Catalog /Pages 2 0 R >>')
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ')
  add(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`)
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>')
  for (const [index, lines] of pages.entries()) {
    const contents = 5 + index * 2
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${contents} 0 R >>`,
    )
    const shown = lines.map((line) => `(${line.replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj T*`).join('\n')
    const drawing = Buffer.from(`BT /F1 11 Tf 14 TL 50 740 Td\n${shown}\nET\n`)
    // Blanks between operators: next to nothing as sent, as much as wanted in memory.
    const bomb = Buffer.alloc(options.bombBytes ?? 0, 0x20)
    const packed = deflateSync(Buffer.concat([drawing, bomb]), { level: 9 })
    add(stream(`/Length ${packed.length} /Filter /FlateDecode`, packed))
  }
  const encryption = options.encrypted
    ? add(`<< /Filter /Standard /V 1 /R 2 /P -44 /O <${'4e'.repeat(32)}> /U <${'5f'.repeat(32)}> >>`)
    : undefined
  return writePdf(objects, encryption)
}

function stream(dictionary: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`<< ${dictionary} >>\nstream\n`), content, Buffer.from('\nendstream')])
}

function writePdf(objects: (string | Buffer)[], encryption: number | undefined): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  const push = (part: Buffer): void => {
    parts.push(part)
    length += part.length
  }
  for (const [index, body] of objects.entries()) {
    offsets.push(length)
    push(Buffer.from(`${index + 1} 0 obj\n`))
    push(Buffer.from(body))
    push(Buffer.from('\nendobj\n'))
  }
  const start = length
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`))
  const encrypt =
    encryption === undefined ? '' : `/Encrypt ${encryption} 0 R /ID [<${'aa'.repeat(16)}> <${'aa'.repeat(16)}>] `
  push(Buffer.from(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${encrypt}>>\nstartxref\n${start}\n%%EOF\n`))
  return Buffer.concat(parts)
}

/** A zip archive; `claimedBytes` is what an entry says of its size unpacked, if it lies. */
export function makeZip(entries: { name: string; content: Buffer | string; claimedBytes?: number }[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, claimedBytes } of entries) {
    const bytes = Buffer.from(content)
    const packed = deflateRawSync(bytes, { level: 9 })
    const fields = Buffer.alloc(22)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(claimedBytes ?? bytes.length, 18)
    const shared = Buffer.from(fields)
    shared.writeUInt16LE(20, 0)
    const lengths = Buffer.alloc(4)
    lengths.writeUInt16LE(Buffer.byteLength(name), 0)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), shared, lengths, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), shared, lengths, rest, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const listing = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\u0005\u0006', 0, 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listing.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, listing, end])
}

/** A Word document: headings begin with `# `, `## ` …, everything else is a paragraph. */
export function makeDocx(
  paragraphs: string[],
  more: { name: string; content: Buffer; claimedBytes?: number }[] = [],
): Buffer {
  const body = paragraphs.map(writeParagraph).join('')
  const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml'
  const namespace = 'http://schemas.openxmlformats.org'
  return makeZip([
    {
      name: '[Content_Types].xml',
      content: `<?xml version="1.0"?><Types xmlns="${namespace}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${type}"/></Types>`,
    },
    {
      name: '_rels/.rels',
      content: `<?xml version="1.0"?><Relationships xmlns="${namespace}/package/2006/relationships"><Relationship Id="r1" Type="${namespace}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: 'word/document.xml',
      content: `<?xml version="1.0"?><w:document xmlns:w="${namespace}/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
    },
    ...more,
  ])
}

function writeParagraph(text: string): string {
  const [, hashes, words] = /^(#{1,6}) (.*)$/.exec(text) ?? [undefined, '', text]
  const style = hashes ? `<w:pPr><w:pStyle w:val="Heading${hashes.length}"/></w:pPr>` : ''
  const escaped = (words ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<w:p>${style}<w:r><w:t xml:space="preserve">${escaped}</w:t></w:r></w:p>`
}
