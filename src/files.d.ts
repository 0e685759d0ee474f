/**
 * `import path from "./a.css" with { type: "file" }`: Bun gives the file's path, and in the binary that of the copy that
 * it carries.
 */
declare module "*.css" {
  const path: string;
  export default path;
}
declare module "*.js" {
  const path: string;
  export default path;
}
declare module "*.svg" {
  const path: string;
  export default path;
}
