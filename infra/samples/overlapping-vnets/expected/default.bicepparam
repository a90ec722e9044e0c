// The lab as the README makes it: everything in one subscription.
using '../main.bicep'

param adminSshPublicKey = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDsample0000000000000000000000000000000000000000000000000000 lab'
