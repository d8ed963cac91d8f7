"""Prints how openstacksdk reads clouds.yaml files: one JSON line for each folder named on stdin.

Each line of stdin is JSON: the folder, which stands for the home of the user and is searched for
.config/openstack, the cloud that is asked for or null, and the OS_* variables.
"""
import json
import os
import sys
import warnings

from openstack.config import loader

warnings.simplefilter('ignore')
NAMES = ('clouds', 'secure', 'clouds-public')


def places(folder, stem):
    base = os.path.join(folder, '.config', 'openstack')
    return [os.path.join(base, stem + '.' + end) for end in ('yaml', 'yml', 'json')]


def named(who, name, domain_id, domain_name, domain_default_id, domain_default_name):
    if who:
        return {'id': who}
    if not name:
        return None
    if domain_id or domain_default_id:
        return {'name': name, 'domain': {'id': domain_id or domain_default_id}}
    if domain_name or domain_default_name:
        return {'name': name, 'domain': {'name': domain_name or domain_default_name}}
    return {'name': name, 'domain': None}


def reading(case):
    for name in [name for name in os.environ if name.startswith('OS_')]:
        del os.environ[name]
    os.environ.update(case['environment'])
    files = [places(case['folder'], stem) for stem in NAMES]
    config = loader.OpenStackConfig(config_files=files[0], secure_files=files[1], vendor_files=files[2])
    region = config.get_one(cloud=case['cloud'])
    auth = region.config['auth']
    default = (auth.get('default_domain_id'), auth.get('default_domain_name'))
    verify, cert = region.get_requests_verify_args()
    return {
        'auth_type': region.config['auth_type'],
        'auth_url': auth.get('auth_url'),
        'user': named(auth.get('user_id'), auth.get('username'), auth.get('user_domain_id'), auth.get('user_domain_name'), *default),
        'password': auth.get('password'),
        'token': auth.get('token'),
        'credential': [auth.get('application_credential_' + key) for key in ('id', 'name', 'secret')],
        'project': named(auth.get('project_id'), auth.get('project_name'), auth.get('project_domain_id'), auth.get('project_domain_name'), *default),
        'region': region.get_region_name() or None,
        'interface': region.get_interface(),
        'services': [[region.get_region_name(one), region.get_interface(one)] for one in ('compute', 'network', 'image')],
        'endpoints': {one: region.get_endpoint(one) for one in ('compute', 'network', 'image') if region.get_endpoint(one)},
        'verify': verify,
        'cert': cert,
    }


for line in sys.stdin:
    case = json.loads(line)
    try:
        print(json.dumps({'reading': reading(case)}, default=str))
    except Exception as problem:  # Whatever it cannot read.
        print(json.dumps({'failure': type(problem).__name__ + ': ' + str(problem)[:200]}))
