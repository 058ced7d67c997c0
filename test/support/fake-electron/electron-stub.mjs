/** What `import … from 'electron'` gives to the modules of one launch: a name that is not here fails. */
const launch = new URL(import.meta.url).searchParams.get('fake-electron');
const fake = globalThis[Symbol.for('flametail.fakeElectron')].get(launch);

export const {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  session,
  shell,
  utilityProcess,
} = fake;
