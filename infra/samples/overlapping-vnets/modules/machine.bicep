metadata description = '''
A small Linux machine without a public address that runs one Python script, which came with it: nothing is downloaded.

What the script prints goes to the console, where Azure shows it without any way into the machine.
'''

@description('Name of the machine.')
param name string

@description('Region.')
param location string

@description('Tags for the resources.')
param tags { *: string }

@description('Size.')
param size string

@description('Subnet it is in.')
param subnetId string

@description('Backend pool of a load balancer that it belongs to, or nothing.')
param backendPoolId string = ''

@description('Name of the account on the machine. Nobody signs in with it.')
param adminUsername string

@description('Public half of an SSH key.')
param adminSshPublicKey string

@description('The script, in base64.')
param script string

@description('What the script is told: one NAME=value.')
param environment string

var unit = '''
[Unit]
Description=The script of the lab
After=network-online.target
Wants=network-online.target

[Service]
Environment={0}
ExecStart=/usr/bin/python3 -u /opt/lab/script.py
# It may open port 80, and nothing else that other accounts may not.
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
StandardOutput=journal+console
StandardError=journal+console
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
'''

// cloud-init reads YAML, and JSON is YAML.
var start = {
  write_files: [
    { path: '/opt/lab/script.py', permissions: '0644', encoding: 'b64', content: script }
    { path: '/etc/systemd/system/lab.service', permissions: '0644', content: format(unit, environment) }
  ]
  runcmd: [['systemctl', 'daemon-reload'], ['systemctl', 'enable', '--now', 'lab.service']]
}

resource networkInterface 'Microsoft.Network/networkInterfaces@2024-07-01' = {
  name: 'nic-${name}'
  location: location
  tags: tags
  properties: {
    ipConfigurations: [
      {
        name: 'private'
        properties: {
          privateIPAllocationMethod: 'Dynamic'
          subnet: { id: subnetId }
          loadBalancerBackendAddressPools: empty(backendPoolId) ? [] : [{ id: backendPoolId }]
        }
      }
    ]
  }
}

resource machine 'Microsoft.Compute/virtualMachines@2024-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    hardwareProfile: { vmSize: size }
    storageProfile: {
      imageReference: { publisher: 'Canonical', offer: 'ubuntu-24_04-lts', sku: 'server', version: 'latest' }
      osDisk: {
        createOption: 'FromImage'
        deleteOption: 'Delete'
        managedDisk: { storageAccountType: 'Standard_LRS' }
      }
    }
    securityProfile: {
      securityType: 'TrustedLaunch'
      uefiSettings: { secureBootEnabled: true, vTpmEnabled: true }
    }
    osProfile: {
      computerName: name
      adminUsername: adminUsername
      customData: base64('#cloud-config\n${string(start)}')
      linuxConfiguration: {
        disablePasswordAuthentication: true
        ssh: {
          publicKeys: [{ path: '/home/${adminUsername}/.ssh/authorized_keys', keyData: adminSshPublicKey }]
        }
      }
    }
    networkProfile: { networkInterfaces: [{ id: networkInterface.id, properties: { deleteOption: 'Delete' } }] }
    // Without an account of our own: Azure keeps the console's text, and no key to it exists here.
    diagnosticsProfile: { bootDiagnostics: { enabled: true } }
  }
}

@description('Command that shows what the script said.')
output look string = 'az vm boot-diagnostics get-boot-log --subscription ${subscription().subscriptionId} --resource-group ${resourceGroup().name} --name ${machine.name} | grep -a "lab:" | tail'
