/** Width and height in pixels, as a JPEG's or PNG's own head tells them; zeros where it does not come to that. */
export interface ImageSize {
  width: number;
  height: number;
}

/** Null where the bytes are neither. https://www.w3.org/TR/png-3/ https://www.w3.org/Graphics/JPEG/itu-t81.pdf */
export function imageSize(head: Uint8Array): ImageSize | null {
  if (pngMark.every((byte, i) => head[i] === byte)) return pngSize(head);
  return head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff ? jpegSize(head) : null;
}

/** Whether bytes begin as a picture does that any browser shows. */
export function isPicture(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 12)).toString("latin1");
  return imageSize(head) !== null || /^GIF8[79]a/.test(text) || /^RIFF[\s\S]{4}WEBP/.test(text);
}

/**
 * Whether a data address says that it is a picture of a kind that begins in a known way, and begins otherwise: as a page, or
 * as words. What other kinds there are only an upstream knows.
 */
export function isFalsePicture(url: string): boolean {
  const [, data] = /^data:image\/(?:p?jpe?g|png|gif|webp)\s*;\s*base64\s*,(.{0,64})/i.exec(url) ?? [];
  return data !== undefined && !isPicture(Buffer.from(data, "base64"));
}

/** What is said of one. */
export const falsePicture = "is not the image that it says it is: send a JPEG, PNG, GIF or WebP";

const pngMark = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const unknown: ImageSize = { width: 0, height: 0 };

function pngSize(head: Uint8Array): ImageSize {
  if (head.length < 24) return unknown;
  const view = new DataView(head.buffer, head.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Segment by segment to the frame header, which the metadata of a camera may push far back. */
function jpegSize(head: Uint8Array): ImageSize {
  const view = new DataView(head.buffer, head.byteOffset);
  for (let at = 2; at + 9 < head.length; at += 2 + view.getUint16(at + 2)) {
    if (head[at] !== 0xff) return unknown;
    const marker = head[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
  }
  return unknown;
}
