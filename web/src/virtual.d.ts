declare module "virtual:styles" {
  const styles: string;
  export default styles;
}
