import Manager

await ManagerProgram.main()
