/* The certificate of the sealing key, which smogctl needs to tell whose a signature is. */
#include <stdio.h>
#include <string.h>

#include "reports/file.h"
#include "reports/keyfile.h"
#include "reports/sealcheck.h"
#include "station/ctl.h"

/* Where systemd shows a service's credentials to root while it runs. */
#define OF_SMOGPUSH "/run/credentials/smogpush.service/"

int ctl_seal_certificate(struct ctl *ctl, char **pem, size_t *length, struct err *err)
{
    const char *source = ctl->config->seal_cert;
    char path[KEYFILE_PATH_MAX];
    *pem = NULL;
    if (source[0] == '\0')
        return err_set(err, ERR_INVALID, "%s has no section 'seal' with the certificate", ctl->config->file);
    int result = keyfile_path(source, path, err);
    bool elsewhere = result != 0 && err->code == ERR_UNREACHABLE; /* a credential that this process was not given */
    if (elsewhere)
        snprintf(path, sizeof path, OF_SMOGPUSH "%.200s", strchr(source, ':') + 1);
    else if (result != 0)
        return -1;
    if (file_read(path, SEALCHECK_CERTIFICATE_MAX, pem, length, err) == 0)
        return 0;
    return elsewhere ? err_set(err, ERR_UNREACHABLE,
                               "%s: only smogpush and root can read it; do this as root while smogpush runs, or set "
                               "CREDENTIALS_DIRECTORY to the folder that holds it",
                               source)
                     : -1;
}
