// The light build, 43 KB and without Redis, is the same class; the package types only its main entry.
declare module "bottleneck/light.js" {
  export { default } from "bottleneck";
}
